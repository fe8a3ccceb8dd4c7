//go:build !unix

package forward_test

// inRole does nothing: there is no benchmark with other processes here.
func inRole() bool { return false }
