package doctor

import "time"

// Facts is what is known. A part that is nil is not known to whoever looks, and its checks are silent.
type Facts struct {
	Now     time.Time
	Self    *Self
	Cluster *Cluster
	Survey  *Survey
}

// ForStrangers is what anybody may be shown: without the paths of files, and without the words of failures, which may quote
// addresses and paths. What is wrong is still told, and where to read why.
func (f *Facts) ForStrangers() *Facts {
	out := *f
	if f.Self != nil {
		self := *f.Self
		self.Disk.Path, self.Store.Path = "the data directory", "the file of the log"
		if self.Audit != "" {
			self.Audit = "the audit log cannot be written; the node's log says why"
		}
		out.Self = &self
	}
	if f.Cluster != nil {
		c := *f.Cluster
		if c.Backup.Failing != "" {
			c.Backup.Failing = "the last try failed; " + whereToRead
		}
		if c.Drill.Failed != "" {
			c.Drill.Failed = whereToRead
		}
		out.Cluster = &c
	}
	return &out
}

const whereToRead = "`quorate operator snapshot schedule show` says why"

// Self is what a node knows of itself.
type Self struct {
	Node            string
	Leader          string // "" if the node knows none
	Sealed          bool
	NotOpened       string // why it, sealed, has not opened itself; "" if it would not
	OpenNext        string // what to do about that
	OpenEpoch       int    // the epoch of the shares that what it holds open goes by; 0: it is sealed
	Epoch           int    // the epoch that its state says; 0: not known
	Fresh           bool
	Reason          string    // why it is not fresh
	CertificateEnds time.Time // zero: it has none yet
	Disk            Disk
	Store           Store
	Audit           string // what is wrong with the audit log; "" for nothing
}

// Disk is the file system that the node's data lies on.
type Disk struct {
	Path       string
	Free, Size uint64        // bytes; Size 0: not known
	Low        bool          // below the mark: what grows is refused
	Slowest    time.Duration // the longest write of late, as synced
	Stall      time.Duration // a write that takes this long ends the process
}

// Store is the file that keeps the log.
type Store struct {
	Path       string
	Free, Size int64 // bytes
}

// Cluster is what the leader knows of the whole.
type Cluster struct {
	Voters, Up int            // voters, and those that are heard of
	Zones      map[string]int // how many voters stand in each zone; 0: members that do not vote. Who names no zone stands in none
	Custody    *Custody
	Backup     Backup
	Drill      Drill
	Slots      []Slot // those that open by themselves; shares are told by Custody
}

// Custody is how the shares stand.
type Custody struct {
	Shares, Threshold int
	Epoch             int
	Since             time.Time   // when this epoch's shares were handed out
	Proved            []time.Time // when each custodian proved last to hold his; zero: never
	Unsettled         bool        // shares of an epoch before still lead to the master key
}

// Backup is how the snapshots stand that the cluster saves by itself.
type Backup struct {
	Scheduled bool
	Every     time.Duration
	Since     time.Time // when the schedule was set; counts like a snapshot, so that the first has time to be made
	Last      time.Time // the newest that was saved and verified; zero: none
	Failing   string    // why the newest attempt failed; "" if it did not
}

// Drill is how the exercise of restoring a backup stands.
type Drill struct {
	Last   time.Time // the newest that succeeded; zero: none
	Failed string    // why the newest failed; "" if it did not
}

// Slot is a way to open the vault without custodians.
type Slot struct {
	ID, Kind   string
	Have, Need int // how many of what it takes are there, and how many it takes; Need 0: it is not ready yet
	Wanted     int // how many members' shares it was set to take; 0: a majority of the voters
}

// Survey is what somebody saw who asked every member, or what the leader heard of them.
type Survey struct {
	First   string // the node that named the members
	Members []Seen
}

// Seen is one member of a survey.
type Seen struct {
	Node, API string
	Voter     bool
	Healthy   bool          // as First has it
	Err       string        // why it did not answer; the rest is not known then
	Took      time.Duration // 0: it was not asked, but told by itself
	Mute      string        // why it gave its status and no report; "" if it did

	Initialized bool
	ClusterID   string
	Version     string
	Leader      string
	Sealed      bool
	Index       uint64
	Clock       time.Duration // its clock less that of whoever asked
	Clocked     bool          // Clock is known
}
