package kmip

// PKCS12Contents are the contents of a PKCS #12 file, as DER.
func PKCS12Contents(file []byte) (all [][]byte, err error) {
	contents, _, _, _, err := unpack(file)
	for _, c := range contents {
		all = append(all, c.Value.Bytes)
	}
	return all, err
}

// PKCS12Of is a file of contents of another, by their numbers, with what replaces them, and with the MAC of a password.
func PKCS12Of(file []byte, password string, order []int, replaced map[int][]byte) ([]byte, error) {
	contents, _, _, _, err := unpack(file)
	if err != nil {
		return nil, err
	}
	var chosen []pfxContent
	for _, i := range order {
		c := contents[i]
		if b, ok := replaced[i]; ok {
			c.Value.Bytes, c.Value.FullBytes = b, nil
		}
		chosen = append(chosen, c)
	}
	return keyFirst(chosen, make([]bool, len(chosen)), password)
}
