package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/vault/fault"
)

func TestMembersAreFoundByListAndByName(t *testing.T) {
	dns, err := kit.NewDNS("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dns.Close)
	j := joinConfig{Resolver: dns.Addr(), Peers: []string{"192.0.2.1:7801", "dns:nodes.test:7801", "srv:_quorate._tcp.test"}}
	all, err := j.addresses(t.Context())
	if want := []string{"192.0.2.1:7801"}; !slices.Equal(all, want) || err == nil || !strings.Contains(err.Error(), "_quorate._tcp.test") {
		t.Errorf("names that are not there: %v, %v; want %v and an error that names the last", all, err, want)
	}
	if err := dns.Host("nodes.test", "192.0.2.2", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	if err := dns.Service("_quorate._tcp.test", "192.0.2.3:9", "192.0.2.4:7801", "192.0.2.2:7801"); err != nil {
		t.Fatal(err)
	}
	all, err = j.addresses(t.Context()) // looked up anew
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"192.0.2.1:7801", "192.0.2.2:7801", "192.0.2.3:9", "192.0.2.4:7801"}; !slices.Equal(all, want) {
		t.Errorf("got %v, want %v: each once, services by priority", all, want)
	}
}

func TestAPeerIsAnAddressOrAName(t *testing.T) {
	for _, good := range []string{"10.0.0.1:7801", "[::1]:7801", "node1:7801", "dns:quorate-nodes:7801", "srv:_quorate._tcp.example.com"} {
		if err := checkPeer(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "node1", "node1:", "node1:0", "node1:70000", "node1:x", "dns:node1", "dns::7801", "srv:", "srv:name:7801"} {
		if err := checkPeer(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v, want invalid", bad, err)
		}
	}
}
