// Package switchboard keeps the live picture of a team's calls.
package switchboard
