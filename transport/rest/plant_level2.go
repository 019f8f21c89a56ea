//go:build plant_level2

package rest

import (
	"context"
	"net/http"
)

type plantedNote struct {
	Text string `json:"text"`
}

// plantedRoutes has the operation that the release lacks.
func plantedRoutes() []route {
	return []route{{
		Method: http.MethodPost, Path: "/v1/sys/planted-note", Op: "sys.planted-note", Summary: "Keep a text.", In: plantedNote{Text: "a"},
		serve: takeOnly(func(ctx context.Context, q *request, in *plantedNote) error {
			return q.vault.PlantedNote(ctx, q.caller, in.Text)
		}),
	}}
}
