package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// config is a server's configuration: one YAML file, every field optional but name and dir, unknown ones refused.
// Flags of `quorate server` win over the file. The comments here are the manual.
type config struct {
	// Name is the node's name in the cluster: a-z 0-9 -, at most 63. It cannot change once the node is a member.
	Name string `yaml:"name"`
	// Dir holds everything the node keeps: identity, log, snapshots, audit log. Readable by its user only.
	Dir string `yaml:"dir"`
	// Zone is where the node stands, such as a data centre: zones without a voter are given one first.
	Zone string `yaml:"zone"`
	// Replica makes the node one that serves reads and gets no vote by itself, for other regions.
	Replica bool `yaml:"replica"`

	// Drain is how long a node that is told to stop goes on to answer while /readyz says 503 and clients are asked to connect
	// elsewhere; default 500ms. Give it as long as your load balancer takes to notice. It ends early when nobody is connected.
	Drain time.Duration `yaml:"drain"`

	Listen    listenConfig    `yaml:"listen"`
	Advertise advertiseConfig `yaml:"advertise"`
	Join      joinConfig      `yaml:"join"`
	Audit     auditConfig     `yaml:"audit"`
	Cache     cacheConfig     `yaml:"cache"`
	Keys      keysConfig      `yaml:"keys"`
	Cluster   clusterConfig   `yaml:"cluster"`
	Disk      diskConfig      `yaml:"disk"`
	Limits    limitsConfig    `yaml:"limits"`
	Log       logConfig       `yaml:"log"`
	KMIP      kmipConfig      `yaml:"kmip"`

	// ShareKeyFile is a file with a key, 32 bytes or more, that encrypts the share of the slot "quorum" which this node keeps in its
	// directory: a systemd credential, say. Without it a copy of the directory has the share. $CREDENTIALS_DIRECTORY is replaced.
	ShareKeyFile string `yaml:"share_key_file"`

	// ClockOffset moves the clock of keys and tokens ahead, for drills that let dates come early: never on a cluster whose
	// keys matter. All members must have the same. The cluster's time does not go back when it is taken away.
	ClockOffset time.Duration `yaml:"clock_offset"`
}

// now is the clock of keys, tokens and entries.
func (c *config) now() func() time.Time {
	if c.ClockOffset == 0 {
		return time.Now
	}
	return func() time.Time { return time.Now().Add(c.ClockOffset) }
}

// maxClockOffset is far more than any drill needs, and far from where times end.
const maxClockOffset = 10 * 365 * 24 * time.Hour

// listenConfig is where the node listens, host:port each.
type listenConfig struct {
	API    string `yaml:"api"`    // HTTPS; default 127.0.0.1:7800
	Peer   string `yaml:"peer"`   // members, mutual TLS; default 127.0.0.1:7801
	Gossip string `yaml:"gossip"` // members, encrypted, TCP and UDP; default 127.0.0.1:7802
	Keas   string `yaml:"keas"`   // the keas.kmi door; closed unless given
	// KeasInsecureHTTP serves the keas.kmi door without TLS: key-encrypting keys then cross the network in the clear.
	KeasInsecureHTTP bool `yaml:"keas_insecure_http"`
	// KMIP is the KMIP door, mutual TLS, by custom on port 5696; closed unless given.
	KMIP string `yaml:"kmip"`
}

// kmipConfig is how the KMIP door works, where it is open.
type kmipConfig struct {
	// Policies is a folder with operation policies as PyKMIP writes them, *.json, which are followed as they change: they and the built-in
	// ones (default, public) become policies of the cluster named kmip/…, and whoever has a client certificate may make objects by KMIP, which
	// the vault knows under kmip/. Give it to one node, or the same files to all: of different ones the last change counts, and a node's
	// start is one. Without it, the cluster's own policies alone decide.
	Policies string `yaml:"policies"`

	// CertifyWith is the name of a key pair of the vault, or its private half, that signs the certificates which clients ask for by Certify, which is
	// refused without. Who asks needs the action issue on it, and not sign, by which any certificate could be signed. Give it to all nodes. It is never the cluster's own authority, and must
	// not be one that a door of the cluster trusts.
	CertifyWith string `yaml:"certify_with"`
}

// advertiseConfig is where the others reach the node, where that differs from where it listens.
type advertiseConfig struct {
	API    string   `yaml:"api"`
	Peer   string   `yaml:"peer"`
	Gossip string   `yaml:"gossip"`
	Names  []string `yaml:"names"` // further DNS names and addresses for the node's certificate
}

// joinConfig makes a blank node join a cluster. It is not looked at once the node is a member.
type joinConfig struct {
	// Peers are where members' peer ports may be, tried in turn, again and again with longer pauses: HOST:PORT, dns:NAME:PORT for all
	// addresses of a name (a headless service has those), srv:NAME for the SRV records of a name, such as srv:_quorate._tcp.example.com.
	Peers     []string `yaml:"peers"`
	TokenFile string   `yaml:"token_file"` // file with a join token
	Resolver  string   `yaml:"resolver"`   // host:port of the DNS server to ask; default: the system's
	// Replace names a member that is dead for good: once this node votes in its place, it is removed.
	Replace string `yaml:"replace"`

	token  []byte // by flag
	rejoin bool   // by flag: forget a membership that was ended, and join anew
}

// auditConfig is where and how the audit log is written.
type auditConfig struct {
	File string `yaml:"file"` // default DIR/audit.log
	// Sync "batch" (default) syncs what changes state before the answer, reads within 100 ms; "always" syncs all before.
	Sync string `yaml:"sync"`
	// RotateAt is the size in bytes at which a new file is begun; 0: never.
	RotateAt int64 `yaml:"rotate_at"`
}

// cacheConfig bounds the opened keys that a node holds.
type cacheConfig struct {
	Keys int           `yaml:"keys"` // default 10000
	Age  time.Duration `yaml:"age"`  // default 1h; 0s turns the cache off
	set  bool
}

// keysConfig is how keys are kept from harm. All members should have the same values: the leader's count.
type keysConfig struct {
	// DestroyGuard is how long after its last use a key, or a version, is destroyed only by force; default 7d, 0s: no guard.
	DestroyGuard *period `yaml:"destroy_guard"`
}

// period is a duration as the API has it, such as 7d.
type period time.Duration

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (p *period) UnmarshalYAML(b []byte) error {
	d, err := key.ParsePeriod(strings.Trim(strings.TrimSpace(string(b)), `"'`))
	*p = period(d)
	return err
}

// guard is DestroyGuard as the vault wants it.
func (k *keysConfig) guard() time.Duration {
	switch {
	case k.DestroyGuard == nil:
		return 0 // the vault's default
	case *k.DestroyGuard == 0:
		return -1
	default:
		return time.Duration(*k.DestroyGuard)
	}
}

// clusterConfig is how the members keep together. All members must have the same values.
type clusterConfig struct {
	Profile string        `yaml:"profile"` // "lan" (default) or "wan"
	Lease   time.Duration `yaml:"lease"`   // the staleness bound of reads; default 2s
	// DeadAfter is how long a member must have been silent until the leader removes it; default 0: never. MinQuorum is how many voters
	// must be up besides, default 3; and they must be a quorum of what remains.
	DeadAfter time.Duration `yaml:"dead_after"`
	MinQuorum int           `yaml:"min_quorum"`
	Ceremony  time.Duration `yaml:"ceremony"` // how long shares wait for the next one; default 10m
}

// diskConfig is how much of the data directory's disk is kept free. Below the mark the node refuses what grows and hands
// leadership over; what it holds in reserve is then given up, so that revocations still have room.
type diskConfig struct {
	Mark    int64 `yaml:"mark"`    // bytes; default a tenth of the disk, at most 268435456
	Reserve int64 `yaml:"reserve"` // bytes; default a quarter of the mark, -1: none
}

// limitsConfig bounds what strangers can take.
type limitsConfig struct {
	Connections           int `yaml:"connections"`             // of one door; default 10000
	IdleConnections       int `yaml:"idle_connections"`        // of one door, kept open for the next request; default 4096
	ConnectionsPerAddress int `yaml:"connections_per_address"` // default 1024
}

// logConfig is the process's own log, on standard error.
type logConfig struct {
	Level  string `yaml:"level"`  // debug, info (default), warn, error
	Format string `yaml:"format"` // text (default) or json
}

// readConfig reads a file, refusing what it does not know with the line it is on. "" is the empty configuration.
func readConfig(file string) (config, error) {
	var c config
	if file == "" {
		return c, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return c, fault.Wrap(fault.Invalid, err, "the configuration %s cannot be read", file)
	}
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := dec.Decode(&c); err != nil && len(bytes.TrimSpace(text)) > 0 {
		return c, fault.New(fault.Invalid, "the configuration %s is wrong:\n%s", file, yaml.FormatError(err, false, true))
	}
	c.Cache.set = bytes.Contains(text, []byte("age:"))
	return c, nil
}

// complete fills in defaults and refuses what cannot work.
func (c *config) complete() error {
	if c.Dir == "" {
		return fault.New(fault.Invalid, "the server needs a directory").WithHint("Give --dir, or dir: in the configuration.")
	}
	if c.Name == "" {
		return fault.New(fault.Invalid, "the server needs a name").WithHint("Give --name, or name: in the configuration.")
	}
	if err := peer.CheckNode(c.Name); err != nil {
		return err
	}
	abs, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	c.Dir = abs
	c.ShareKeyFile = os.Expand(c.ShareKeyFile, func(name string) string {
		if name == "CREDENTIALS_DIRECTORY" {
			return os.Getenv(name)
		}
		return "$" + name
	})
	for _, d := range []struct{ field, value *string }{
		{&c.Listen.API, ptr("127.0.0.1:7800")},
		{&c.Listen.Peer, ptr("127.0.0.1:7801")},
		{&c.Listen.Gossip, ptr("127.0.0.1:7802")},
		{&c.Audit.File, ptr(filepath.Join(c.Dir, "audit.log"))},
		{&c.Audit.Sync, ptr("batch")},
		{&c.Cluster.Profile, ptr("lan")},
		{&c.Log.Level, ptr("info")},
		{&c.Log.Format, ptr("text")},
	} {
		if *d.field == "" {
			*d.field = *d.value
		}
	}
	if c.Drain == 0 {
		c.Drain = 500 * time.Millisecond
	}
	if c.Cache.Age == 0 && c.Cache.set {
		c.Cache.Age = -1
	}
	if err := c.resolveGossip(); err != nil {
		return err
	}
	return c.check()
}

// resolveGossip turns a name to advertise for gossip into an address, which is what gossip tells the others.
func (c *config) resolveGossip() error {
	host, port, err := net.SplitHostPort(c.Advertise.Gossip)
	if err != nil || net.ParseIP(host) != nil {
		return nil // not given, or check says what is wrong
	}
	addrs, err := net.LookupHost(host)
	if err != nil || len(addrs) == 0 {
		return fault.Wrap(fault.Invalid, err, "the advertised gossip host %q has no address", host).
			WithHint("Advertise an IP address, or a name that this machine can resolve.")
	}
	c.Advertise.Gossip = net.JoinHostPort(addrs[0], port)
	return nil
}

func ptr[T any](v T) *T { return &v }

func (c *config) check() error {
	for name, addr := range map[string]string{
		"api": c.Listen.API, "peer": c.Listen.Peer, "gossip": c.Listen.Gossip, "keas": c.Listen.Keas, "kmip": c.Listen.KMIP, "resolver": c.Join.Resolver,
		"advertised api": c.Advertise.API, "advertised peer": c.Advertise.Peer, "advertised gossip": c.Advertise.Gossip,
	} {
		if addr == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fault.New(fault.Invalid, "the %s address %q is not host:port", name, addr)
		}
	}
	for _, o := range []struct {
		name, value string
		allowed     []string
	}{
		{"audit.sync", c.Audit.Sync, []string{"batch", "always"}},
		{"cluster.profile", c.Cluster.Profile, []string{"lan", "wan"}},
		{"log.level", c.Log.Level, []string{"debug", "info", "warn", "error"}},
		{"log.format", c.Log.Format, []string{"text", "json"}},
	} {
		if !contains(o.allowed, o.value) {
			return fault.New(fault.Invalid, "%s cannot be %q: it is one of %v", o.name, o.value, o.allowed)
		}
	}
	if c.Cluster.Lease < 0 || c.Cluster.Lease > 30*time.Second || c.Cluster.Lease != 0 && c.Cluster.Lease < 200*time.Millisecond {
		return fault.New(fault.Invalid, "cluster.lease must lie between 200ms and 30s")
	}
	if strings.ContainsFunc(c.Zone, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fault.New(fault.Invalid, "the zone %q is not plain ASCII text", c.Zone)
	}
	if len(c.Zone) > 64 || c.Cluster.DeadAfter < 0 || c.Cluster.DeadAfter != 0 && c.Cluster.DeadAfter < time.Minute || c.Cluster.MinQuorum < 0 {
		return fault.New(fault.Invalid, "a zone has at most 64 letters, cluster.dead_after is 0s or at least 1m, cluster.min_quorum is not negative")
	}
	for _, entry := range c.Join.Peers {
		if err := checkPeer(entry); err != nil {
			return err
		}
	}
	if c.Join.Replace != "" && c.Join.Replace == c.Name {
		return fault.New(fault.Invalid, "a node cannot replace itself").WithHint("Give the new node a name of its own.")
	}
	if c.Drain < 0 || c.Drain > 10*time.Minute {
		return fault.New(fault.Invalid, "drain must lie between 0s and 10m")
	}
	if c.Disk.Mark < 0 || c.Disk.Reserve < -1 {
		return fault.New(fault.Invalid, "disk.mark and disk.reserve are numbers of bytes, 0 for the default; a reserve of -1 is none")
	}
	if c.ClockOffset < 0 || c.ClockOffset > maxClockOffset {
		return fault.New(fault.Invalid, "clock_offset must lie between 0s and %v: time only goes forward", maxClockOffset)
	}
	if unspecified(c.Listen.Peer) && c.Advertise.Peer == "" {
		return fault.New(fault.Invalid, "the peer port listens on every address, so the others must be told one").
			WithHint("Give advertise.peer (or --advertise): the address at which the other members reach this node.")
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// unspecified tells whether an address means all of the machine's.
func unspecified(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// token lends the join token, by flag or from its file.
func (j *joinConfig) withToken(use func([]byte) error) error {
	if len(j.token) > 0 {
		return use(j.token)
	}
	if j.TokenFile == "" {
		return fault.New(fault.Invalid, "joining needs a join token").
			WithHint("Give --join-token-file; `quorate operator join-token` on a member makes a token.")
	}
	text, err := os.ReadFile(j.TokenFile)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the join token in %s cannot be read", j.TokenFile)
	}
	defer clear(text)
	return use(bytes.TrimSpace(text))
}

// checkDir makes the data directory, or refuses one that others can read.
func checkDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fault.New(fault.Invalid, "the data directory %s can be read by others (mode %o)", dir, info.Mode().Perm()).
			WithHint("chmod 700 %s", dir)
	}
	// A directory whose name is lost with the power is lost with all that was synced in it. One above it that we may not open was
	// there before us.
	if err := syncFolder(filepath.Dir(dir)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
