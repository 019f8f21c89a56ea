package cluster_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/cluster"
)

// TestAPauseDoesNotLookLikeADiskThatStalls: while a process is stopped no step of its timers runs, and afterwards each runs once.
func TestAPauseDoesNotLookLikeADiskThatStalls(t *testing.T) {
	alarms := 0
	next, stop := cluster.NewWatch(time.Hour, func() { alarms++ }) // its own timer never comes due here
	defer stop()
	for range cluster.WatchSteps - 1 {
		next() // however late
	}
	if alarms != 0 {
		t.Fatalf("an alarm before the last step")
	}
	next()
	next()
	if alarms != 1 {
		t.Errorf("%d alarms after the last step, want 1", alarms)
	}
}

func TestAWatchThatIsOverSoundsNoAlarm(t *testing.T) {
	alarms := 0
	next, stop := cluster.NewWatch(time.Hour, func() { alarms++ })
	for range cluster.WatchSteps - 1 {
		next()
	}
	stop()
	next() // a step that was under way
	if alarms != 0 {
		t.Error("an alarm after the watch was over")
	}
}

func TestAWatchSoundsItsAlarmInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, took := time.Now(), make(chan time.Duration, 1)
		_, stop := cluster.NewWatch(3*time.Second, func() { took <- time.Since(begin) })
		defer stop()
		if d := <-took; d != 3*time.Second {
			t.Errorf("the alarm came after %v", d)
		}
	})
}
