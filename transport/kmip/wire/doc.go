// Package wire holds the words of KMIP: tags, enumerations and masks with their numbers, their names, the form of
// those names in XML and JSON, and the protocol versions that know them.
//
// It is a leaf and pure data. It must not know how an item is encoded, what an operation does, or that there is a
// vault. The source of the figures is the OASIS KMIP Specification, versions 1.0 to 1.4, 2.0 and 2.1; they are kept
// in vocabulary.txt, from which tags*.go and sets*.go are generated.
//
// What is not in the tables is not an error here: vendors have tags from 0x540000 on and enumeration values from
// 0x80000000 on, and later versions have new ones. Such a word has no name, and its number stands for it.
package wire

//go:generate go test -run TestTablesAreGenerated -update
