package kit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

// What a client of KMIP sends and reads is written here from the specification, as by somebody who knows nothing of the server: an item is
// a tag of three bytes, a type, a length and a value padded to eight bytes.

func kmipItem(tag uint32, kind byte, value []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, tag<<8|uint32(kind))
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	return append(append(b, value...), make([]byte, (8-len(value)%8)%8)...)
}

func kmipNumber(tag uint32, kind byte, n uint32) []byte {
	return kmipItem(tag, kind, binary.BigEndian.AppendUint32(nil, n))
}

func kmipStructure(tag uint32, items ...[]byte) []byte {
	return kmipItem(tag, 1, bytes.Join(items, nil))
}

// KMIPGet is the request, of KMIP 1.2, for an object's material.
func KMIPGet(id string) []byte {
	version := kmipStructure(0x420069, kmipNumber(0x42006A, 2, 1), kmipNumber(0x42006B, 2, 2))
	get := kmipStructure(0x42000F, kmipNumber(0x42005C, 5, 0x0A), kmipStructure(0x420079, kmipItem(0x420094, 7, []byte(id))))
	return kmipStructure(0x420078, kmipStructure(0x420077, version, kmipNumber(0x42000D, 2, 1)), get)
}

// KMIPExchange sends a message and reads the answer.
func KMIPExchange(conn net.Conn, message []byte, within time.Duration) ([]byte, error) {
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[4:])
	if size > 1<<20 {
		return nil, fmt.Errorf("an answer of %d bytes", size)
	}
	body := make([]byte, size)
	_, err := io.ReadFull(conn, body)
	return append(head, body...), err
}

// KMIPSaid tells what an answer to one operation says: that it succeeded, or that the state of the object forbids it (Permission Denied); said is
// what it says besides.
func KMIPSaid(answer []byte) (succeeded, denied bool, said string) {
	success, failure, reason := kmipNumber(0x42007F, 5, 0), kmipNumber(0x42007F, 5, 1), kmipNumber(0x42007E, 5, 0x0C) // Result Status; Result Reason
	at := bytes.Index(answer, success[:8])                                                                            // the status stands before what may hold anything
	switch {
	case at < 0:
		return false, false, "an answer without a Result Status"
	case bytes.HasPrefix(answer[at:], success):
		return true, false, ""
	}
	return false, bytes.HasPrefix(answer[at:], append(slices.Clip(failure), reason...)), fmt.Sprintf("%q", answer[at:])
}
