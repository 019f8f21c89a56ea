// Package chaos runs real quorate servers under load, each in a network namespace and on a disk of its own, breaks what breaks in
// life (processes, network, disks, power, clocks), and checks what every client saw: `make chaos`. It is tests only; its parts are
// fabric (network), disk, history (what is right) and e2e/kit (processes). It knows what users know: the native API.
//
// What is published is counted by how it was judged (history.Tally): operations for which porcupine found an order, and of these the writes
// that were acknowledged; local reads, judged by their age; local uses, judged by the revocations. A run counts if 100 operations a second
// were answered that porcupine orders, at least a quarter of them acknowledged writes: two cores did 106 and 41 while as many other programs wanted them
// that six were waiting for each. A hundred acknowledged writes they did not reach so; that a key's state forbids a change is an answer of the newest state, too,
// and porcupine judges it. Decrypts at the readers' pace, of which there could be any number, count for nothing, nor does the time in which the
// harness has its clients rest. Between two faults the cluster has to commit, not only to answer.
//
// `make test` runs a short one: eight faults of a deck of fourteen by chance, in about a minute. Where namespaces, /dev/net/tun or /dev/fuse are not
// to be had it is passed over and says which.
package chaos
