package simulator

import (
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// importColumns are the columns of a file of contacts.
var importColumns = []string{"firstname", "lastname", "number"}

// importContacts serves POST /contacts/import/csv. It adds all contacts of the file, for
// all users of the account, or none. sipgate does not document whose they are, nor what
// it does with a file of another form.
func (s *Simulator) importContacts(q *apiRequest) response {
	var in struct {
		Content string `json:"base64Content"`
	}
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	rows, err := readImport(in.Content)
	if err != nil {
		return invalid(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range rows {
		q.auth.account.contacts = append(q.auth.account.contacts, &contact{
			id: randomUUID(), name: strings.TrimSpace(row[0] + " " + row[1]), scope: "SHARED", numbers: []typedNumber{{Number: row[2], Type: []string{"work"}}},
		})
	}
	return noContent
}

// readImport returns the rows of a file, without its head.
func readImport(content string) ([][]string, error) {
	data, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		return nil, errors.New("base64Content is not base64")
	}
	r := csv.NewReader(strings.NewReader(string(data)))
	r.FieldsPerRecord = len(importColumns)
	rows, err := r.ReadAll()
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0 || !slices.Equal(rows[0], importColumns):
		return nil, fmt.Errorf("the first line is not %s", strings.Join(importColumns, ","))
	}
	for i, row := range rows[1:] {
		if strings.TrimSpace(row[0]+row[1]) == "" || !numberFormat.MatchString(row[2]) {
			return nil, fmt.Errorf("line %d has no name or no number", i+2)
		}
	}
	return rows[1:], nil
}
