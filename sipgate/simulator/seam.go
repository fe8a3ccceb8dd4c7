package simulator

// The seam between the telephone model with its API (all other files) and the
// two parts that it uses: OAuth (oauth_*.go) and sound (sound_*.go).
//
// OAuth provides
//
//	type authority struct{…}                  // all state of OAuth; protected by its own lock
//	func newAuthority(s *Simulator) *authority
//	type grantInfo struct { account *account; user *user; scopes map[string]bool; kind string /* "bearer", "basic" */ }
//	func (s *Simulator) authorise(r *http.Request) (*grantInfo, bool)
//	func (s *Simulator) routesOAuth(mux *http.ServeMux)
//	func (s *Simulator) issue(a *account, u *user, scope string) map[string]any   // the token endpoint's answer
//	func (s *Simulator) oauthState() map[string]any   // for GET /_simulator/state: clients, PATs …
//
// Sound provides
//
//	type tape struct{…}                       // what is heard in one call; protected by its own lock
//	func newTape(seed uint64) *tape
//	func (t *tape) start(now time.Time)       // recording goes on: a new file begins
//	func (t *tape) stop(now time.Time)        // recording goes off: the file is finished; no-op when off
//	func (t *tape) joined(party string, now time.Time)   // a voice; party is any stable name
//	func (t *tape) left(party string, now time.Time)
//	func (t *tape) held(now time.Time, on bool)          // all are silent
//	func (t *tape) muted(now time.Time, on bool)         // the owner (the first party joined) is silent
//	func (t *tape) tones(digits string, now time.Time)
//	func (t *tape) announcement(samples []int16, now time.Time)
//	func (t *tape) files() []*soundFile       // the finished ones, oldest first
//	type soundFile; func (f *soundFile) wav() []byte     // may render at the first call; safe for concurrent use
//	func (s *Simulator) fetchAnnouncement(ctx context.Context, url string) ([]int16, error)
//	func (s *Simulator) recordingURL(id string) string
//	func (s *Simulator) routesSound(mux *http.ServeMux)  // serves recordingURL's paths with Range, through s.recording(id)
//
// The core provides, besides the types of account.go and options.go,
//
//	s.opts, s.log, s.now(), s.accounts, s.goes(func(ctx))
//	s.recording(id string) (*recording, bool)
//	s.random(n int) string   // n upper-case hex digits from the seeded source
//
// It never calls a method of either part that takes s.mu while it holds s.mu;
// tape's methods are called with s.mu held and must return quickly.
// Both parts find accounts and users in s.accounts, which never changes after
// New; neither do the fields of user. PUT and POST bodies are theirs to limit.
