package main

import (
	"context"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/doctor"
)

// facts gathers what this node knows of itself and, while it leads, of the cluster. It waits for nobody.
func (s *server) facts() *doctor.Facts {
	self := &doctor.Self{Node: s.cfg.Name, Sealed: s.vault.Sealed()}
	opening := s.vault.Opening()
	self.NotOpened, self.OpenNext = opening.Reason, opening.Hint
	open, epoch := s.vault.Epochs()
	self.OpenEpoch, self.Epoch = int(open), int(epoch)
	f := &doctor.Facts{Now: s.cfg.now()(), Self: self}
	if err := s.audit.Healthy(); err != nil {
		self.Audit = err.Error()
	}
	if id := s.node.identity.Load(); id != nil {
		self.CertificateEnds = id.Cert.Leaf.NotAfter
	}
	c := s.node.cluster.Load()
	if c == nil {
		self.Reason = "this node belongs to no cluster yet"
		return f
	}
	status, vitals := c.Status(), c.Vitals()
	self.Leader, self.Fresh, self.Reason = status.Leader, status.Fresh, status.Reason
	self.Disk = doctor.Disk{Path: vitals.Path, Free: status.Disk.Free, Size: status.Disk.Total, Low: status.Disk.Low, Slowest: vitals.Slowest, Stall: vitals.Stall}
	self.Store = doctor.Store{Path: vitals.Store, Size: vitals.StoreSize, Free: vitals.StoreFreePages}
	if status.Ready {
		f.Cluster = s.clusterFacts(c)
	}
	return f
}

// clusterFacts is what the leader knows of the whole.
func (s *server) clusterFacts(c *cluster.Node) *doctor.Cluster {
	out := &doctor.Cluster{Zones: map[string]int{}}
	up := map[string]bool{}
	for _, m := range c.Members() {
		up[m.Node] = m.Healthy
		if m.Zone != "" {
			out.Zones[m.Zone] += 0
		}
		if m.Role == cluster.RoleNonvoter {
			continue
		}
		out.Voters++
		if m.Zone != "" {
			out.Zones[m.Zone]++
		}
		if m.Healthy {
			out.Up++
		}
	}
	if y, ok := s.vault.Custody(); ok {
		out.Custody = &doctor.Custody{Shares: y.Shares, Threshold: y.Threshold, Epoch: int(y.Epoch), Since: y.Since, Proved: y.Proved, Unsettled: y.Unsettled}
	}
	h := s.vault.BackupHealth()
	out.Backup = doctor.Backup{Scheduled: h.Scheduled, Every: h.Every, Since: h.Since, Last: h.Succeeded, Failing: h.Error}
	out.Drill = doctor.Drill{Last: h.Drilled, Failed: h.DrillError}
	for _, q := range s.vault.MemberSlots() {
		one := doctor.Slot{ID: q.ID, Kind: q.Kind, Need: q.Threshold, Wanted: q.Quorum.Wanted}
		for _, holder := range q.Quorum.Members {
			if up[holder] {
				one.Have++
			}
		}
		if !q.Quorum.Dealt {
			one.Have, one.Need = 0, 0
		}
		out.Slots = append(out.Slots, one)
	}
	return out
}

// heard is what the leader hears of the members, without asking; nil if this node does not lead.
func (s *server) heard() *doctor.Survey {
	c := s.node.cluster.Load()
	if c == nil || !c.Status().Ready {
		return nil
	}
	leader, self := c.Leader()
	if !self {
		return nil
	}
	out := &doctor.Survey{First: s.cfg.Name}
	own := c.Status().Applied
	for _, m := range c.Members() {
		seen := doctor.Seen{
			Node: m.Node, API: m.API, Voter: m.Role != cluster.RoleNonvoter, Healthy: m.Healthy, Initialized: true, Version: m.Version,
			Leader: leader, Sealed: m.Sealed, Index: own - min(own, m.Behind), Clock: m.Clock, Clocked: m.Clocked,
		}
		if !m.Healthy {
			seen.Err = "the leader has not heard of it lately"
		}
		out.Members = append(out.Members, seen)
	}
	return out
}

// examineSelf answers GET /v1/sys/doctor, to anybody.
func (s *server) examineSelf(context.Context) api.Doctor {
	findings := doctor.Examine(s.facts().ForStrangers())
	return api.Doctor{
		Node: s.cfg.Name, At: time.Now().UTC().Format(time.RFC3339Nano), Verdict: doctor.Verdict(findings).String(), Findings: findingsOf(findings),
	}
}

// doctorGauge publishes the severity of every check that this node can make.
func (s *server) doctorGauge(m *meters) error {
	return m.GaugeBy("quorate_doctor_severity", "What this node finds about itself and, while it leads, about the cluster: 0 ok, 1 attention, 2 act now.", "check", func() map[string]float64 {
		values := map[string]float64{}
		f := s.facts()
		f.Survey = s.heard()
		for check, severity := range doctor.Severities(doctor.Examine(f)) {
			values[check] = float64(severity)
		}
		return values
	})
}
