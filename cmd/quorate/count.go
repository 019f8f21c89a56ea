package main

import (
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// newCount is newProgress for work that is counted in items, not bytes.
func (a *app) newCount(label string, total int64) *progress {
	p := a.newProgress(label, total)
	if p.show == nil {
		return p
	}
	p.show = func() {
		p.bars = mpb.New(mpb.WithOutput(a.talk), mpb.WithWidth(60))
		p.bar = p.bars.AddBar(total, mpb.PrependDecorators(decor.Name(label+" ")),
			mpb.AppendDecorators(decor.CountersNoUnit("%d / %d"), decor.AverageSpeed(0, "  %.0f/s"), decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace)))
		p.bar.DecoratorAverageAdjust(p.begin)
	}
	return p
}

// set says how much is done in all.
func (p *progress) set(done int64) { p.add(done - p.done) }
