package ttlv

// Limits bound what a message may make us do. They are asked before anything is allocated for what they bound.
// The zero value means the defaults.
type Limits struct {
	Bytes int // of a whole message; default 1 MiB
	Depth int // of structures in structures; default 32
	Items int // in all; default 16384
	Text  int // bytes of one text string; default 64 KiB
}

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 1 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 32
	}
	if l.Items <= 0 {
		l.Items = 16384
	}
	if l.Text <= 0 {
		l.Text = 64 << 10
	}
	return l
}
