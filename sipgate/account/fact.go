package account

import (
	"context"
	"errors"
	"reflect"
	"time"

	"callboard/sipgate"
)

// A fact is one answer of sipgate: the last good one, and the read under way.
// The roster's lock guards it.
type fact[T any] struct {
	value   T
	known   bool
	readAt  time.Time     // of value
	triedAt time.Time     // when the last read began
	err     error         // of the last read, nil if it succeeded
	loading chan struct{} // closed when the read under way is over; nil if none is

	// refusable makes a refusal through every access an answer: the zero value.
	refusable bool
}

// olderThan reports whether the value must be read again to be at most maxAge
// old.
func (f *fact[T]) olderThan(maxAge time.Duration) bool {
	return !f.known || time.Since(f.readAt) >= maxAge
}

// settled reports whether the value was read, or cannot be: sipgate refuses it. What most
// accounts do not have is not waited for after a failure either.
func (f *fact[T]) settled() bool {
	return f != nil && (f.known || f.err != nil && (f.refusable || refused(f.err)))
}

// refused reports whether an error says that sipgate does not answer, whoever asks.
func refused(err error) bool {
	switch sipgate.KindOf(err) {
	case sipgate.Forbidden, sipgate.Invalid, sipgate.NoCall:
		return true
	}
	return sipgate.Lacks(err) || errors.Is(err, ErrNoAccess)
}

// begin starts a read unless one is under way: all who need the fact at the
// same time share it. A read that failed is tried again by the next caller.
func (f *fact[T]) begin(r *Roster, user sipgate.UserID, read func(context.Context, Access) (T, error)) {
	if f.loading != nil {
		return
	}
	f.triedAt = time.Now()
	done := make(chan struct{})
	if f.loading = done; r.rosters.start(func(ctx context.Context) { f.load(ctx, r, user, read, done) }) {
		return
	}
	f.loading, f.err = nil, context.Canceled
}

func (f *fact[T]) load(ctx context.Context, r *Roster, user sipgate.UserID, read func(context.Context, Access) (T, error), done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	value, err := readThrough(ctx, r.rosters.source(r.account, user), read)
	if f.refusable && sipgate.KindOf(err) == sipgate.Forbidden {
		err = nil
	}
	if err != nil && !errors.Is(err, ErrNoAccess) && ctx.Err() == nil {
		r.rosters.log.Info("read account roster", "account", r.account, "user", user, "err", err)
	}
	r.mu.Lock()
	changed := err == nil && (!f.known || !reflect.DeepEqual(f.value, value))
	settled := f.settled()
	if f.loading = nil; err != nil {
		f.err = err
	} else {
		f.set(value)
	}
	changed = changed || settled != f.settled()
	if changed || err == nil {
		r.version++
	}
	close(done)
	r.mu.Unlock()
	if changed {
		r.tellChange()
	}
}

// set replaces the value by one that was read just now.
func (f *fact[T]) set(value T) {
	now := time.Now()
	f.value, f.known, f.readAt, f.triedAt, f.err = value, true, now, now, nil
}

// get returns the value if it is known. A value older than maxAge is read
// again; unless wait is set, the caller gets the old one meanwhile.
func (f *fact[T]) get(ctx context.Context, r *Roster, user sipgate.UserID, maxAge time.Duration, wait bool, read func(context.Context, Access) (T, error)) (T, error) {
	r.mu.Lock()
	if f.olderThan(maxAge) {
		f.begin(r, user, read)
	}
	loading := f.loading
	if loading == nil || f.known && !wait {
		defer r.mu.Unlock()
		return f.result()
	}
	r.mu.Unlock()
	select {
	case <-loading:
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait && f.err != nil {
		return f.value, f.err
	}
	return f.result()
}

func (f *fact[T]) result() (T, error) {
	if f.known {
		return f.value, nil
	}
	return f.value, f.err
}
