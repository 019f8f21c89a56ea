package depot

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// errStalled says that nothing came or went for too long.
var errStalled = errors.New("the store stands still")

// patience ends a context when nothing was heard for so long.
type patience struct {
	timer *time.Timer
	long  time.Duration
}

// with gives a context that ends with errStalled as its cause unless heard is called again and again. The caller ends it.
func (d *Depot) with(ctx context.Context) (context.Context, *patience, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &patience{long: d.stall}
	p.timer = time.AfterFunc(p.long, func() { cancel(errStalled) })
	return ctx, p, func() { p.timer.Stop(); cancel(context.Canceled) }
}

func (p *patience) heard() { p.timer.Reset(p.long) }

// patientWriter and patientReader hear every byte.
type patientWriter struct {
	w io.Writer
	p *patience
}

func (w patientWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if err == nil {
		w.p.heard()
	}
	return n, err
}

type patientReader struct {
	d    *Depot
	name string
	ctx  context.Context //nolint:containedctx // of one download, from Get to Close
	r    io.ReadCloser
	p    *patience
	end  func()
	once sync.Once
}

func (r *patientReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if err == nil || errors.Is(err, io.EOF) {
		r.p.heard()
		return n, err
	}
	return n, r.d.failed(r.ctx, "reading", r.name, err)
}

func (r *patientReader) Close() (err error) {
	r.once.Do(func() { r.end(); err = r.r.Close() })
	return err
}
