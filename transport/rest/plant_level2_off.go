//go:build !plant_level2

package rest

// plantedRoutes is what the plant level2 adds (package plant). In a release that is nothing.
func plantedRoutes() []route { return nil }
