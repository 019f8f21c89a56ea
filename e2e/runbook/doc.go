// Package runbook executes the operators' documents: every `sh` block of deployments/runbooks/*.md and of the README, as
// the text stands, on machines that the test makes. All of it is in tests.
//
// A world is a private network, process and mount namespace with the machines of the runbooks in it: node1, node2, node3 and
// node4 (10.0.0.1 … 10.0.0.4), and the operator's desk. Each machine has a /var/lib/quorate, /etc/quorate, /run and /usr/local/bin
// of its own. They share loopback, the process table, and /srv, which stands for a file server. Played are systemd, by a script that
// starts what the unit's ExecStart says, as the unit's user, with nothing to write to but what the unit and its drop-ins name,
// lends it the unit's join token, and stops it with SIGTERM (testdata/systemctl); age, where it is not installed, by a program over
// the same library; and the custodians, who type their share at the terminal when they are asked. Who types is root everywhere.
// Where the test is not run by root, its namespace has one user: then the nodes' user is root by another name, and rights are not tried.
//
// What a document says to the test stands in comments, which readers of the rendered page do not see:
//
//	<!-- situation: node3 dead -->             once, near the top of a runbook: how things stand when somebody opens it;
//	                                           the names and what they mean are in situation_test.go
//	<!-- run: on=node3 -->                     before a block: the machine on which it is typed; the desk if it is not said
//	<!-- run: typed=1,2,3 -->                  the block is run for each of these custodians, who types that share
//	<!-- run: typed=1+2+3 -->                  the block is run once; these custodians type their shares one after the other
//	<!-- run: exit=3 says=PHRASE -->           how the last command that fails ends; without it none may fail. Another refusal may
//	                                           end in the same way, so it names words of what is printed as well
//	<!-- run: says=PHRASE -->                  is the rest of the comment, blanks and all; also without exit
//	<!-- run: carry=custody/join-token -->     the file is brought from the desk to that machine's home first, as scp would
//	<!-- run: carry=node1:drill.json -->       the same, from another machine
//	<!-- run: until -->                        the block is repeated until nothing in it fails
//	<!-- run: but=backup,drill -->             the block is repeated until doctor, in it, finds nothing wrong but these
//	<!-- run: with=FINGERPRINT -->             the word is replaced by what a reader would put there; see situation_test.go
//
// A fenced block of another language than sh is shown, not run; `console` is for commands that cannot be run here (another
// program's, another machine's), and every one of them is listed by the test. A block of commands without a language is refused.
//
// Commands inside the text and in tables (between backticks, beginning with quorate) are not run; each has to be a command of the
// binary, with flags that it has.
//
// It needs Linux with iproute2, util-linux, curl, jq, wget and openssl, and the right to make namespaces; it says so and skips
// where that is not given.
package runbook
