package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/foreign"
	"github.com/quorate/quorate/transport/client/foreign/pykmip"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// foreignFlags say where keys of other key managers are, and how they are called here.
type foreignFlags struct {
	transit, pykmip string // files
	prefix          string
	dry             bool
}

func (f *foreignFlags) given() bool { return f.transit != "" || f.pykmip != "" }

func (f *foreignFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.transit, "transit", "", "`file` with an export or backup of a transit engine, - for standard input")
	fl.StringVar(&f.pykmip, "pykmip", "", "`file` that is the database of PyKMIP's server")
	fl.StringVar(&f.prefix, "prefix", "", "`text` in front of the names of such keys")
	fl.BoolVar(&f.dry, "dry-run", false, "only say what would become of such keys")
	cmd.MarkFlagsMutuallyExclusive("transit", "pykmip", "in", "wrapped")
	cmd.MarkFlagsMutuallyExclusive("transit", "pykmip", "new-version")
}

func (a *app) readForeign(ctx context.Context, f foreignFlags) ([]foreign.Key, error) {
	if f.pykmip != "" {
		return pykmip.Read(ctx, f.pykmip)
	}
	in, err := a.openIn(ctx, f.transit)
	if err != nil {
		return nil, err
	}
	defer in.close()
	text, err := io.ReadAll(io.LimitReader(in, foreign.MaxTransit+1))
	defer clear(text)
	if err != nil {
		return nil, wrongInput(err, "the export cannot be read")
	}
	return foreign.ReadTransit(text)
}

// imported is what became of a foreign key.
type imported struct {
	Name      string `json:"name"`
	There     string `json:"there,omitempty"` // its id or name there
	Algorithm string `json:"algorithm,omitempty"`
	Versions  int    `json:"versions"`
	Result    string `json:"result"`
	Why       string `json:"why,omitempty"`
}

func (a *app) importForeign(cmd *cobra.Command, f importFlags) error {
	ctx := cmd.Context()
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	tags, err := parseTags(f.tags)
	if err != nil {
		return err
	}
	all, err := a.readForeign(ctx, f.foreignFlags)
	defer foreign.Clear(all)
	if err != nil {
		return err
	}
	mover := &mover{app: a, client: c, flags: f, tags: tags, taken: map[string]bool{}}
	var report struct {
		Keys     []imported `json:"keys"`
		Imported int        `json:"imported"`
		Before   int        `json:"there_before"`
		Left     int        `json:"left_out"`
		Failed   int        `json:"failed"`
	}
	bar := a.newCount("importing", int64(len(all)))
	for i := range all {
		var o imported
		if o, err = mover.move(ctx, &all[i]); err != nil {
			break
		}
		switch o.Result {
		case resultLeft:
			report.Left++
		case resultFailed:
			report.Failed++
		case thereBefore:
			report.Before++
		default:
			report.Imported++
		}
		report.Keys = append(report.Keys, o)
		bar.add(1)
	}
	bar.end(err == nil)
	shown := a.result(report, func(w io.Writer) error {
		var rows [][]string
		for _, o := range report.Keys {
			rows = append(rows, []string{o.Name, o.Algorithm, fmt.Sprint(o.Versions), o.Result, o.Why})
		}
		return table(w, []string{"KEY", "ALGORITHM", "VERSIONS", "RESULT", "WHY"}, rows)
	})
	if err == nil {
		err = shown
	}
	if err == nil && report.Failed > 0 {
		err = fault.New(fault.Invalid, "%d of %d keys were not imported", report.Failed, len(all)).WithHint("Mend what is said of each, and run it again; what is done is only compared.")
	}
	return err
}

const (
	resultLeft     = "left out"
	resultFailed   = "failed"
	resultImported = "imported, compared"
)

// mover brings foreign keys in, one after the other.
type mover struct {
	app    *app
	client *client.Client
	flags  importFlags
	tags   map[string]string
	taken  map[string]bool // names given in this run
}

// name is the one that a key gets here: its own if that is one here and only it has it, else its id.
func (m *mover) name(k *foreign.Key) string {
	name := m.flags.prefix + k.Name
	if k.Name == "" || m.taken[name] || key.CheckName(name) != nil {
		name = m.flags.prefix + "object-" + k.ID
	}
	m.taken[name] = true
	return name
}

// move imports one key. An error ends the run; what is wrong with this key alone is in the outcome.
func (m *mover) move(ctx context.Context, k *foreign.Key) (imported, error) {
	o := imported{Name: m.name(k), There: nonEmpty(k.ID, k.Name), Algorithm: k.Algorithm, Versions: len(k.Versions), Result: resultImported, Why: k.Note}
	if k.Left != "" {
		o.Result, o.Why = resultLeft, k.Left
		return o, nil
	}
	before, err := m.bring(ctx, o.Name, k)
	switch {
	case err != nil && !aboutOne(err):
		return o, err
	case err != nil:
		o.Result, o.Why = resultFailed, fault.Of(err).Message
	case m.flags.dry && !before:
		o.Result = "would be imported"
	case before:
		o.Result = thereBefore
	}
	return o, nil
}

// bring imports the versions that are not there, compares all, and gives the key its state. before tells that all were there.
func (m *mover) bring(ctx context.Context, name string, k *foreign.Key) (before bool, err error) {
	algorithm, err := key.ParseAlgorithm(k.Algorithm)
	if err != nil {
		return false, err
	}
	checks := make([]string, len(k.Versions))
	for i, v := range k.Versions {
		if checks[i], err = checkValue(algorithm, v); err != nil {
			return false, fault.Wrap(fault.Invalid, err, "version %d: %s", v.Number, fault.Of(err).Message)
		}
	}
	r, err := m.client.Key(ctx, name)
	if errors.Is(err, fault.NotFound) {
		r, err = &api.Record{}, nil
	}
	if err != nil {
		return false, err
	}
	if err := sameVersions(r, k, checks); err != nil {
		return false, err
	}
	have := len(r.Versions)
	if have >= len(k.Versions) && r.State == "active" && k.State != foreign.Active && !m.flags.dry {
		return true, m.settle(ctx, r, k) // a run was interrupted before this
	}
	if have >= len(k.Versions) || m.flags.dry {
		return have >= len(k.Versions), nil
	}
	for _, v := range k.Versions[have:] {
		if r, err = m.version(ctx, name, algorithm, k, v, len(r.Versions) == 0); err != nil {
			return false, err
		}
	}
	if r, err = m.client.Key(ctx, name); err != nil { // as it is kept
		return false, err
	}
	if err := sameVersions(r, k, checks); err != nil || len(r.Versions) != len(checks) {
		return false, fault.Wrap(fault.BadState, err, "what the cluster keeps is not what was sent").WithHint("Destroy the key %s and import it again.", name)
	}
	return false, m.settle(ctx, r, k)
}

func checkValue(a key.Algorithm, v foreign.Version) (string, error) {
	material, public, err := envelope.Parse(a, v.Material, formatOf(v))
	if err != nil {
		return "", err
	}
	defer clear(material)
	return envelope.CheckValue(a, material, public)
}

func formatOf(v foreign.Version) envelope.Format {
	if v.Raw {
		return envelope.Raw
	}
	return ""
}

// sameVersions refuses a key of the same name that is another one.
func sameVersions(r *api.Record, k *foreign.Key, checks []string) error {
	if r.ID != "" && r.Algorithm != k.Algorithm {
		return fault.New(fault.Exists, "there is a key of this name and of algorithm %s", r.Algorithm).WithHint("Choose another --prefix.")
	}
	for i, v := range r.Versions {
		if i < len(checks) && !strings.EqualFold(v.CheckValue, checks[i]) {
			return fault.New(fault.Exists, "there is another key of this name: its version %d has other material", v.Version).WithHint("Choose another --prefix.")
		}
	}
	return nil
}

// version imports one.
func (m *mover) version(ctx context.Context, name string, a key.Algorithm, k *foreign.Key, v foreign.Version, first bool) (*api.Record, error) {
	in := api.ImportKeyRequest{Name: name, Algorithm: k.Algorithm, Format: string(formatOf(v)), Exportable: k.Exportable, Tags: m.tags, Usage: k.Usage}
	if a == key.X509 {
		text, err := envelope.Write(a, v.Material, envelope.PEM)
		if err != nil {
			return nil, err
		}
		in.Certificate, in.Format = string(text), ""
	} else if err := m.app.seal(ctx, m.client, m.flags.to, a, v.Material, &in); err != nil {
		return nil, err
	}
	return send(ctx, m.client, importFlags{version: !first}, in)
}

// settle takes over what restricts the use of a key there.
func (m *mover) settle(ctx context.Context, r *api.Record, k *foreign.Key) (err error) {
	if k.MinDecrypt > 1 {
		if _, err = m.client.UpdateKey(ctx, r.ID, "", api.UpdateKeyRequest{MinDecryptVersion: &k.MinDecrypt}); err != nil {
			return err
		}
	}
	switch reason := (api.StateRequest{Reason: "as it was before it was imported"}); k.State {
	case foreign.Suspended:
		_, err = m.client.SuspendKey(ctx, r.ID, reason)
	case foreign.Deactivated:
		_, err = m.client.DeactivateKey(ctx, r.ID, reason)
	case foreign.Compromised:
		_, err = m.client.CompromiseKey(ctx, r.ID, reason)
	}
	return err
}
