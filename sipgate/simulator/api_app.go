package simulator

// Operations of sipgate's own web application.

// getTranslations responds with no texts, to everyone.
func (s *Simulator) getTranslations(*apiRequest) response { return okJSON(map[string]string{}) }

// listAppEvents lists the messages of sipgate's application, of which there are
// none.
func (s *Simulator) listAppEvents(*apiRequest) response { return okJSON(items([]any{})) }

// listVoicemails lists the voicemails of all users.
func (s *Simulator) listVoicemails(q *apiRequest) response {
	var list []map[string]any
	for _, u := range q.auth.account.users {
		list = append(list, map[string]any{
			"id": "v" + u.id[1:], "alias": "Voicemail von " + u.name(),
			"belongsToEndpoint": map[string]string{"extension": u.phoneline, "type": "PHONELINE"},
		})
	}
	return okJSON(items(list))
}
