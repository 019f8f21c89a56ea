// Package chaos runs real quorate servers under load, each in a network namespace and on a disk of its own, breaks what breaks in
// life (processes, network, disks, power, clocks), and checks what every client saw: `make chaos`. It is tests only; its parts are
// fabric (network), disk, history (what is right) and e2e/kit (processes). It knows what users know: the native API.
//
// It takes minutes of a machine, and is behind the build tag chaos: `make test` runs the tests of its parts.
package chaos
