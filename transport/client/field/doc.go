// Package field encrypts single fields of what applications store: values in JSON documents and database columns, and tagged fields
// of structs. What is not encrypted stays readable beside them, so rows can still be found and joined.
//
// It knows a Box of package envelope, and how values are written down. It must not know a database.
package field
