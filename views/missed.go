package views

import "time"

// A CallBackTask is a caller whom somebody should call back, and what was done
// about it.
type CallBackTask struct {
	ID        string // of the last call, unique
	Title     string // the caller's name or number
	Number    string // of the caller, formatted; empty if it was withheld
	At        time.Time
	Calls     int    // how often they called
	For       string // whom they called
	Voicemail bool   // they spoke on a voicemail

	Done, Tried CallBackNote

	Callee   string // whom to call, "" if the reader may not or cannot
	ActionID string // fresh, with Callee
}

// A CallBackNote says who has called, and when. It is zero if nobody has.
type CallBackNote struct {
	At       time.Time
	By       string // "" if not known
	Incoming bool   // the other side called again
}

// isDone reports whether nobody has to call.
func (t CallBackTask) isDone() bool { return !t.Done.At.IsZero() }

// openTasks returns how many tasks are not done.
func openTasks(tasks []CallBackTask) (n int) {
	for _, t := range tasks {
		if !t.isDone() {
			n++
		}
	}
	return n
}

// maxDoneTasks is how many tasks that are done are shown.
const maxDoneTasks = 5

// shownTasks returns the tasks without most of those that are done, which are the
// last ones.
func shownTasks(tasks []CallBackTask) []CallBackTask {
	return tasks[:min(len(tasks), openTasks(tasks)+maxDoneTasks)]
}

// aboutText describes the last call, with a [dateGap] for its time.
func (t CallBackTask) aboutText(lang Lang) string {
	text := dateGap
	if t.Number != "" && t.Number != t.Title {
		text = t.Number + " · " + text
	}
	if t.For != "" {
		text += " · " + t.For
	}
	if t.Voicemail {
		text += " · " + lang.T("missed.voicemail")
	}
	return text
}

// doneText says who talked with the caller, with a [dateGap] for the time.
func (t CallBackTask) doneText(lang Lang) string {
	switch {
	case t.Done.Incoming && t.Done.By == "":
		return lang.T("missed.answered", dateGap)
	case t.Done.Incoming:
		return lang.T("missed.answered.by", t.Done.By, dateGap)
	case t.Done.By == "":
		return lang.T("missed.done", dateGap)
	}
	return lang.T("missed.done.by", t.Done.By, dateGap)
}

// triedText says who did not reach the caller, with a [dateGap] for the time.
func (t CallBackTask) triedText(lang Lang) string {
	if t.Tried.By == "" {
		return lang.T("missed.tried", dateGap)
	}
	return lang.T("missed.tried.by", t.Tried.By, dateGap)
}
