package kmip

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// policyPrefix is where the policies of the vault lie that come from operation policies.
const policyPrefix = "kmip/"

// Policies keeps the vault's policies at what the operation policies in a folder say.
type Policies struct {
	Vault *vault.Vault
	Dir   string // its *.json files
	Log   *slog.Logger

	owner  map[string]string // by policy: the file that it came from. A second file's is not taken
	failed map[string]string // by file: what was wrong with it when it was last looked at
	files  vault.PolicyFiles // what they say now
	told   map[string]string // by policy: the text that is overruled, and somebody was told
}

// Run looks into the folder now and every so often, until ctx ends.
func (p *Policies) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := p.Load(ctx); err != nil && ctx.Err() == nil {
			level := slog.LevelWarn
			if k := fault.KindOf(err); k == fault.Sealed || k == fault.NoLeader {
				level = slog.LevelDebug // it will pass
			}
			p.Log.Log(ctx, level, "operation policies cannot be brought into the vault", "dir", p.Dir, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Load reads the folder and brings what changed into the vault. A file that cannot be read keeps what it said before; a file that is gone
// takes its policies with it.
func (p *Policies) Load(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(p.Dir, "*.json"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(p.Dir); err != nil {
		return fault.Wrap(fault.Invalid, err, "the folder of operation policies cannot be read")
	}
	owner, texts, failed := map[string]string{}, policy.Builtin(), map[string]string{}
	for _, file := range files { // in the order of their names
		said, err := p.read(file)
		if err != nil {
			failed[file] = fault.Of(err).Message
			if p.failed[file] != failed[file] {
				p.Log.WarnContext(ctx, "a file of operation policies is not taken; what it said before stays", "file", file, "err", err)
			}
			said = map[string]string{}
			for name, from := range p.owner {
				if from == file {
					said[name] = p.files.Texts[policyPrefix+name]
				}
			}
		}
		for name, text := range said {
			if _, taken := owner[name]; taken {
				failed[file] = "the policy " + name + " is in another file, too"
				if p.failed[file] != failed[file] {
					p.Log.WarnContext(ctx, "a policy is in two files; that of the first counts", "policy", name, "file", file)
				}
				continue
			}
			owner[name], texts[name] = file, text
		}
	}
	all := make(map[string]string, len(texts))
	for name, text := range texts {
		all[policyPrefix+name] = text
	}
	p.owner, p.failed, p.files.Prefix, p.files.Texts = owner, failed, policyPrefix, all
	found, err := p.Vault.FollowPolicies(ctx, &p.files)
	p.tell(ctx, found)
	return err
}

// tell says once what an operator should look at.
func (p *Policies) tell(ctx context.Context, found vault.Followed) {
	if len(found.Strangers) > 0 {
		p.Log.WarnContext(ctx, "the cluster has operation policies that are in no file here; delete those that no other node loads (quorate policy delete)",
			"policies", found.Strangers, "dir", p.Dir)
	}
	told := map[string]string{}
	for _, name := range found.Overruled {
		told[name] = p.files.Texts[name]
		if p.told[name] != told[name] {
			p.Log.WarnContext(ctx, "an operation policy was changed elsewhere and is no longer what the file here says; give all nodes the same files, or change this one",
				"policy", name, "dir", p.Dir)
		}
	}
	p.told = told
}

// maxPolicyFile bounds a file of policies.
const maxPolicyFile = 1 << 20

func (p *Policies) read(file string) (map[string]string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the file cannot be read")
	}
	if info.Size() > maxPolicyFile {
		return nil, fault.New(fault.TooLarge, "the file has more than %d bytes", maxPolicyFile)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the file cannot be read")
	}
	return policy.Parse(b)
}
