package gallery

import (
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/views"
)

// exampleCard is the card of a caller who calls for the third time today.
func exampleCard(c switchboard.Call, now time.Time, lang views.Lang) views.CallerCardModel {
	ago := func(hours float64) time.Time { return now.Add(-time.Duration(hours * float64(time.Hour))) }
	return views.CallerCardModel{ID: c.ID, Row: exampleFormat.RowFor(c, views.Allowed{}, lang), Number: "+496 990 009640", Place: "Frankfurt am Main",
		Organization: "Spedition Wiegand & Söhne", Dialled: "Zentrale", Greeting: "Zentrale der Weber GmbH, guten Tag! Mit wem darf ich Sie verbinden?", Incoming: true, Today: 3, ActionID: "gallery-action-0002",
		HistoryURL: "/history?phonenumber=%2B496990009640", PageURL: "/calls/" + string(c.ID),
		Notes: []views.Note{{At: ago(.1), Author: "Aylin Kaya", Text: "Wartet auf das Angebot, bitte zurückrufen."}},
		Past: []views.PastCall{
			{At: ago(1.5), Direction: sipgate.Incoming, Missed: true, Local: "Zentrale", PageURL: "/history/1"},
			{At: ago(3), Direction: sipgate.Incoming, Length: 252 * time.Second, Local: "Tom Weber", PageURL: "/history/2", Notes: []views.Note{{Author: "Tom Weber", Text: "Palettenmaße fehlen noch."}}},
			{At: ago(27), Direction: sipgate.Outgoing, Length: 61 * time.Second, Local: "Aylin Kaya", PageURL: "/history/3"},
			{At: ago(100), Direction: sipgate.Outgoing, Missed: true, Local: "Aylin Kaya", PageURL: "/history/4"},
		}}
}
