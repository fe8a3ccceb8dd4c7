package team

import (
	"time"

	"callboard/sipgate"
)

// A grant is what is in memory of a member's grant. Grants.mu guards it.
type grant struct {
	member     MemberID
	generation int64 // of the refresh token in the database, or in unsaved
	dead       bool  // sipgate accepts the grant no longer: the member has to sign in
	unsaved    *unsavedToken
	call       *refreshCall // the refresh in progress, nil if there is none

	accessToken string // "" if there is none, or it was refused
	received    time.Time
	lifetime    time.Duration
	refused     bool      // the last access token was refused before it expired
	renewed     time.Time // when accessToken replaced a refused one; zero if it did not

	failures  int       // refreshes in a row that failed for a temporary reason
	retryAt   time.Time // no refresh begins before that
	lastError error     // of the last refresh
}

// An unsavedToken is a refresh token that could not be stored. It follows the
// stored generation.
type unsavedToken struct {
	refreshToken string
	generation   int64
}

// setTokens takes over tokens whose refresh token is stored as generation. It
// ignores tokens that are older than the present ones.
func (gr *grant) setTokens(generation int64, t sipgate.Tokens, received time.Time) {
	if generation < gr.generation {
		return
	}
	gr.generation, gr.dead = generation, false
	gr.accessToken, gr.received, gr.lifetime = t.Access, received, t.Lifetime
	if gr.lifetime <= 0 {
		gr.lifetime = assumedLifetime
	}
	gr.renewed = time.Time{}
	if gr.refused {
		gr.renewed = received
	}
	gr.refused = false
	gr.failures, gr.retryAt, gr.lastError = 0, time.Time{}, nil
}

// fresh reports whether the access token does not expire soon: within a minute,
// or a fifth of its lifetime if that is shorter.
func (gr *grant) fresh() bool {
	return gr.accessToken != "" && time.Since(gr.received) < gr.lifetime-min(refreshLead, gr.lifetime/5)
}

// valid reports whether the access token has not expired.
func (gr *grant) valid() bool {
	return gr.accessToken != "" && time.Since(gr.received) < gr.lifetime
}

// header returns the value of the Authorization header.
func (gr *grant) header() string { return "Bearer " + gr.accessToken }
