package simulator

// How the parts of the package meet:
//
// The API (router.go, api_*.go) reads and checks requests, and asks sign-in
// (oauth_*.go) whose token it is: authorise, issue, routesOAuth. It acts on the
// telephone model (telephone*.go, history.go), which is told what happens when
// and never waits. The model writes what is heard on the tape of each call
// (sound_tape.go), and hands what sipgate would push to the courier (push.go).
// When a call ends, the tape's finished files become recordings, which
// sound_serve.go renders when they are fetched. The control API (control.go),
// the exported methods (simulate.go, state.go, truth.go) and the scripts
// (script*.go) act on the same model.
//
// Locks: Simulator.mu protects the model. While it is held, the tape, the
// courier, the faults and sign-in may be called, whose own locks are inner
// ones and are held for moments; none of them takes Simulator.mu meanwhile.
// Nothing is fetched, pushed or rendered under it.
