package sipgate

import (
	"io/fs"
	"log/slog"
	"os"
)

// WarnReadable logs which of the files, secrets all of them, others than their
// owner can read. It leaves out names that are empty and files that are missing.
func WarnReadable(log *slog.Logger, files ...string) {
	for _, name := range files {
		info, err := os.Stat(name)
		if name == "" || err != nil || !hasModes || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		log.Warn("others can read a secret", "file", name, "mode", info.Mode().Perm().String(),
			"hint", "chmod 600 it; if it is mounted, mount it with mode 0400 and the user of Callboard as its owner")
	}
}

// KeptPrivate reports whether the open file f is as private as it can be. Nobody
// but its owner can access it; or it is one that Docker or Kubernetes has
// mounted: it belongs to root, nobody may write to it, and this process cannot
// make it more private.
func KeptPrivate(f *os.File, info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	if mode&0o077 == 0 || !hasModes {
		return true
	}
	if mode&0o033 != 0 || !ownedByRoot(info) {
		return false
	}
	return mode&0o200 == 0 || os.Geteuid() != 0 || readOnly(f)
}
