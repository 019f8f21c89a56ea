// Package handin lets a share be handed in by a file. A ceremony gives out a Request: one-time public keys, one for each member that can
// take part, each vouched for by that member's certificate. A custodian encrypts his share to all of them, on a machine without a network,
// and the File that comes of it can be carried by anybody: it opens inside a member, while that ceremony lasts, and nowhere else.
package handin
