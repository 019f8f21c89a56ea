package main

import (
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows on a terminal how far a long work has come. It stays silent elsewhere, and for the first second.
type progress struct {
	bars  *mpb.Progress
	bar   *mpb.Bar
	done  int64
	total int64
	show  func() // makes the bar
	begin time.Time
}

// newProgress begins to count towards total bytes; -1: not known.
func (a *app) newProgress(label string, total int64) *progress {
	p := &progress{total: total, begin: time.Now()}
	if !isTerminal(a.talk) || a.format == "json" {
		return p
	}
	p.show = func() {
		p.bars = mpb.New(mpb.WithOutput(a.talk), mpb.WithWidth(60), mpb.WithRefreshRate(150*time.Millisecond))
		name := mpb.PrependDecorators(decor.Name(label + " "))
		if total < 0 {
			p.bar = p.bars.AddSpinner(0, name, mpb.AppendDecorators(decor.CurrentKibiByte("% .1f"), decor.AverageSpeed(decor.SizeB1024(0), "  % .1f")))
		} else {
			p.bar = p.bars.AddBar(total, name, mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f"), decor.AverageSpeed(decor.SizeB1024(0), "  % .1f"), decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace)))
		}
		p.bar.DecoratorAverageAdjust(p.begin)
	}
	return p
}

// add counts n bytes more.
func (p *progress) add(n int64) {
	p.done += n
	if p.show != nil && time.Since(p.begin) > time.Second {
		p.show()
		p.show = nil
		p.bar.SetCurrent(p.done)
		return
	}
	if p.bar != nil {
		p.bar.IncrInt64(n)
	}
}

// end takes the bar away, or lets it stand when the work was finished.
func (p *progress) end(finished bool) {
	if p.bar == nil {
		return
	}
	if finished {
		p.bar.SetTotal(p.done, true)
	} else {
		p.bar.Abort(false)
	}
	p.bars.Wait()
}
