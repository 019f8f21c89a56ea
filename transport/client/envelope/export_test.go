package envelope

// Held shows the very buffers of the data keys on the shelf.
func (b *Box) Held() [][]byte {
	b.shelf.mu.Lock()
	defer b.shelf.mu.Unlock()
	var all [][]byte
	for e := b.shelf.recent.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*dataKey).material)
	}
	return all
}
