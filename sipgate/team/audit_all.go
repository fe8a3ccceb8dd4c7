package team

import (
	"context"
	"iter"
)

// auditBatch is the number of entries that All reads at a time.
const auditBatch = 1000

// All returns the entries of an account that match f, the newest first. The
// limit of f is ignored. The sequence ends after its first error.
//
// It reads a batch at a time and holds no database connection while an entry is
// being handled: a slow consumer blocks nothing, and memory does not grow with
// the number of entries.
func (a *Audit) All(ctx context.Context, account string, f AuditFilter) iter.Seq2[AuditEntry, error] {
	f.Limit = auditBatch
	return func(yield func(AuditEntry, error) bool) {
		for batch := f; ; {
			entries, err := a.List(ctx, account, batch)
			if err != nil {
				yield(AuditEntry{}, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
				batch.Before = e.ID
			}
			if len(entries) < batch.Limit {
				return
			}
		}
	}
}
