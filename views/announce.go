package views

import (
	"slices"

	"callboard/sipgate/announcement"
)

// AnnounceModel is the model of [AnnounceDialog].
type AnnounceModel struct {
	Call          CallRef
	Announcements []announcement.Announcement // all of the team
	Favourites    []string                    // ids of those that the reader has marked, in this order
}

// maxLastPlayed is how many announcements are one click away without a favourite.
const maxLastPlayed = 4

// oneClick returns the announcements that come first, each played with one click,
// and the key of their title: the reader's favourites or, without any, those that
// the team has played last.
func (m AnnounceModel) oneClick() (titleKey string, first []announcement.Announcement) {
	for _, id := range m.Favourites {
		if i := slices.IndexFunc(m.Announcements, func(a announcement.Announcement) bool { return a.ID == id }); i >= 0 {
			first = append(first, m.Announcements[i])
		}
	}
	if len(first) > 0 {
		return "announce.favourites", first
	}
	for _, a := range m.Announcements {
		if !a.LastPlayed.IsZero() {
			first = append(first, a)
		}
	}
	slices.SortStableFunc(first, func(a, b announcement.Announcement) int { return b.LastPlayed.Compare(a.LastPlayed) })
	return "announce.last", first[:min(len(first), maxLastPlayed)]
}

// isFavourite reports whether the reader has marked an announcement.
func (m AnnouncementsModel) isFavourite(a announcement.Announcement) bool {
	return slices.Contains(m.Favourites, a.ID)
}
