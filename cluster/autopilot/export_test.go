package autopilot

// Margin is how many more voters may fail before nothing can be written; negative: that is so already.
func Margin(members []Member, s Settings) int {
	voters, live := count(members, s)
	return live - (voters/2 + 1)
}
