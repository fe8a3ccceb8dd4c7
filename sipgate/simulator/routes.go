package simulator

// routes are the operations of the API, and the scopes of api.md 1.1. Of two
// that match, the first is taken.
var routes = []route{
	{"GET", "calls", "rtcm:read", (*Simulator).listCalls},
	{"POST", "calls", "rtcm:write", (*Simulator).startNeoCall},
	{"DELETE", "calls/{callId}", "rtcm:write", (*Simulator).hangUpCall},
	{"PUT", "calls/{callId}/hold", "rtcm:write", (*Simulator).holdCall},
	{"PUT", "calls/{callId}/muted", "rtcm:write", (*Simulator).muteCall},
	{"PUT", "calls/{callId}/recording", "rtcm:write", (*Simulator).recordCall},
	{"POST", "calls/{callId}/announcements", "rtcm:write", (*Simulator).announceToCall},
	{"POST", "calls/{callId}/transfer", "rtcm:write", (*Simulator).transferCall},
	{"POST", "calls/{callId}/dtmf", "rtcm:write", (*Simulator).sendTonesToCall},
	{"POST", "sessions/calls", "sessions:calls:write sessions:write", (*Simulator).startCall},

	{"GET", "history", "history:read", (*Simulator).listHistory},
	{"PUT", "history", "history:write", (*Simulator).changeEntries},
	{"DELETE", "history", "history:write", (*Simulator).deleteEntries},
	{"GET", "history/{entryId}", "history:read", (*Simulator).getEntry},
	{"PUT", "history/{entryId}", "history:write", (*Simulator).changeEntry},
	{"DELETE", "history/{entryId}", "history:write", (*Simulator).deleteEntry},

	{"GET", "authorization/userinfo", "", (*Simulator).getUserInfo},
	{"GET", "users", "users:read", (*Simulator).listUsers},
	{"GET", "users/{id}", "users:read", (*Simulator).getUser},
	{"GET", "contacts", "contacts:read", (*Simulator).listContacts},
	{"POST", "contacts", "contacts:write", (*Simulator).addContact},
	{"GET", "contacts/internal", "contacts:read", (*Simulator).listInternalContacts},
	{"PUT", "contacts/{id}", "contacts:write", (*Simulator).changeContact},
	{"DELETE", "contacts/{id}", "contacts:write", (*Simulator).deleteContact},
	{"GET", "numbers", "numbers:read", (*Simulator).listNumbers},
	{"GET", "groups", "groups:read", (*Simulator).listGroups},
	{"GET", "groups/{id}/users", "groups:users:read groups:read", (*Simulator).listGroupUsers},
	{"GET", "groups/{id}/numbers", "groups:numbers:read groups:read", (*Simulator).listEndpointNumbers},
	{"GET", "channels", "channels:read", (*Simulator).listChannels},
	{"GET", "account", "account:read", (*Simulator).getAccount},
	{"GET", "balance", "balance:read", (*Simulator).getBalance},
	{"GET", "settings/sipgateio", "settings:sipgateio:read settings:read", (*Simulator).getPushSettings},
	{"PUT", "settings/sipgateio", "settings:sipgateio:write settings:write", (*Simulator).setPushSettings},
	{"GET", "log/webhooks", "log:webhooks:read", (*Simulator).listHooks},

	{"GET", "{userId}/history", "history:read", (*Simulator).listHistory},
	{"GET", "{userId}/devices", "devices:read", (*Simulator).listDevices},
	{"GET", "{userId}/numbers", "numbers:read", (*Simulator).listUserNumbers},
	{"GET", "{userId}/phonelines", "phonelines:read", (*Simulator).listPhonelines},
	{"GET", "{userId}/phonelines/{id}/numbers", "phonelines:numbers:read phonelines:read", (*Simulator).listEndpointNumbers},
}
