package client

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// SnapshotSchedule tells where snapshots are stored and how the last ones went.
func (c *Client) SnapshotSchedule(ctx context.Context) (*api.SnapshotStatus, error) {
	var r api.SnapshotStatus
	if err := c.system(ctx, read, http.MethodGet, "snapshot/schedule", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// SetSnapshotSchedule has the leader store snapshots regularly; with Off, no more.
func (c *Client) SetSnapshotSchedule(ctx context.Context, s api.SnapshotSchedule) (*api.SnapshotStatus, error) {
	var r api.SnapshotStatus
	if err := c.system(ctx, write, http.MethodPut, "snapshot/schedule", s, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// RunSnapshotSchedule stores a snapshot now.
func (c *Client) RunSnapshotSchedule(ctx context.Context) (*api.SnapshotStatus, error) {
	var r api.SnapshotStatus
	if err := c.system(ctx, unique, http.MethodPost, "snapshot/run", struct{}{}, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Drill drills the newest stored snapshot with the running cluster's keyring.
func (c *Client) Drill(ctx context.Context) (*api.SignedDrill, error) {
	var r api.SignedDrill
	if err := c.system(ctx, unique, http.MethodPost, "drill", struct{}{}, &r); err != nil {
		return nil, err
	}
	return &r, nil
}
