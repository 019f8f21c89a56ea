// Package chaos runs real quorate servers under load, each in a network namespace and on a disk of its own, breaks what breaks in
// life (processes, network, disks, power, clocks), and checks what every client saw: `make chaos`. It is tests only; its parts are
// fabric (network), disk, history (what is right) and e2e/kit (processes). It knows what users know: the native API.
//
// `make test` runs a short one: eight faults of a deck of twelve by chance, in less than a minute. Where namespaces, /dev/net/tun or /dev/fuse are not
// to be had it is passed over and says which.
package chaos
