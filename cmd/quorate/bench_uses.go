package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// useMixes are the loads that use another key than benchKey: what is asked of it, and its algorithm.
var useMixes = map[string]struct{ verb, algorithm string }{
	"sign":         {"sign", "ecdsa-p256"},
	"sign-ed25519": {"sign", "ed25519"},
	"mac":          {"mac", "hmac-sha256"},
}

// primitiveFor is how long a primitive is measured. Processor time is counted in ticks of 10 ms.
const primitiveFor = 400 * time.Millisecond

// benchUse is one use of a key, by the door and by itself.
type benchUse struct {
	mix, title string
	algorithm  key.Algorithm
	do         func(k *primitive.Key, input []byte) error // what the vault does of it, and nothing else
}

var benchUses = []benchUse{
	{"sign", "sign ecdsa-p256", key.ECDSAP256, signOnce},
	{"sign-ed25519", "sign ed25519", key.Ed25519, signOnce},
	{"mac", "mac hmac-sha256", key.HMACSHA256, func(k *primitive.Key, input []byte) error {
		_, err := k.MAC(input, 0)
		return err
	}},
	{"encrypt", "encrypt aes-256-gcm", key.AES256GCM, func(k *primitive.Key, input []byte) error {
		_, err := k.Seal(rand.Reader, nil, input, nil)
		return err
	}},
}

func signOnce(k *primitive.Key, input []byte) error {
	_, err := k.Sign(rand.Reader, input, primitive.Scheme{})
	return err
}

// uses holds the uses of keys on a follower against the echo less the primitive, in turn, round by round.
//
// The floor is an echo that also did the primitive's work. The echo answers E requests a second with all C cores of the
// machine busy between server and generator, so one takes C/E of a core. With the primitive's processor time p in each it
// would take C/E + p, and the rate would be
//
//	1 / (1/E + p/C)
//
// E, p and the load are measured one after the other in the same round. p is measured alone on an idle machine, where it is
// smaller than under load: that makes the floor higher and the share smaller, never the other way.
func (b *localBench) uses(ctx context.Context) error {
	leader, err := b.leader(ctx)
	if err != nil {
		return err
	}
	follower := b.others(leader)[0]
	t, c, err := b.at(follower)
	if err != nil {
		return err
	}
	defer c.Close()
	echoes, pid, stop, err := b.echo(ctx)
	if err != nil {
		return err
	}
	defer stop()
	cores, d := float64(runtime.GOMAXPROCS(0)), b.o.duration*2/3 // there are many loads
	var bases []result
	loads := make([][]result, len(benchUses))
	for range rounds {
		used := cpuOf(pid)
		base := fire(ctx, "floor: TLS echo", echoes, b.o.conns, d)
		base.ServerCPU = perOp(cpuOf(pid)-used, base, d)
		bases = append(bases, base)
		for i, u := range benchUses {
			own, err := u.cost()
			if err != nil {
				return err
			}
			s, err := t.mix(ctx, c, u.mix, mixes[u.mix])
			if err != nil {
				return err
			}
			before := cpuOf(follower.cmd.Process.Pid)
			r := fire(ctx, u.title+" on a follower", s, b.o.conns, d)
			r.ServerCPU = perOp(cpuOf(follower.cmd.Process.Pid)-before, r, d)
			r.Primitive = own.Seconds() * 1e6
			r.Ratio = r.Rate * (1/base.Rate + own.Seconds()/cores)
			loads[i] = append(loads[i], r)
		}
	}
	base := median(bases)
	b.results = append(b.results, base)
	b.note("uses: the floor is the echo less the primitive: 1 / (1/echo + primitive ÷ %.0f cores), both of the same round; medians of %d rounds", cores, rounds)
	for i, u := range benchUses {
		m := median(loads[i])
		b.results = append(b.results, m)
		b.keep(u.title+" on a follower, beside a TLS echo less the primitive", "≥ 55 %", "%.0f %% (%.0f/s, the primitive %.1f µs)", 100*m.Ratio, m.Rate, m.Primitive)
		b.note("uses: %s: %.0f/s, the echo %.0f/s, the primitive alone %.1f µs: %.0f %% of the echo less the primitive", u.title, m.Rate, base.Rate, m.Primitive, 100*m.Ratio)
	}
	return nil
}

// cost is the processor time of the use's primitive alone, in this process, with a new key.
func (u benchUse) cost() (time.Duration, error) {
	material, _, err := primitive.Generate(u.algorithm, 0, rand.Reader)
	if err != nil {
		return 0, err
	}
	defer clear(material)
	k, err := primitive.Open(u.algorithm, material)
	if err != nil {
		return 0, err
	}
	runtime.GC() // what the load before left behind is not the primitive's
	input := make([]byte, 32)
	n, begin, used := 0, time.Now(), cpuOf(os.Getpid())
	for time.Since(begin) < primitiveFor {
		for range 64 {
			if err := u.do(k, input); err != nil {
				return 0, fmt.Errorf("measuring %s alone: %w", u.title, err)
			}
		}
		n += 64
	}
	spent := cpuOf(os.Getpid()) - used
	if spent <= 0 {
		spent = time.Since(begin) // no clock of the processor here
	}
	return spent / time.Duration(n), nil
}
