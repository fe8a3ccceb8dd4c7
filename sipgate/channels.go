package sipgate

import (
	"context"
	"encoding/json"
	"slices"
)

// Channel is an inbox of an account on neo: that of one user, or one that
// several users share. Numbers belong to channels, and each call is in one.
type Channel struct {
	ID    string // never empty
	Name  string
	Owner UserID // may be empty
	Users []ChannelUser
}

// ChannelUser is a user of a channel, with the devices that ring for it and that
// can start calls in it.
type ChannelUser struct {
	ID      UserID
	Devices []DeviceID
}

// Personal returns the user whose own inbox the channel is, or "" if it is
// shared.
func (c Channel) Personal() UserID {
	if len(c.Users) == 1 && c.Users[0].ID == c.Owner {
		return c.Owner
	}
	return ""
}

// Has reports whether the device of the user is in the channel.
func (c Channel) Has(user UserID, device DeviceID) bool {
	return slices.ContainsFunc(c.Users, func(u ChannelUser) bool {
		return u.ID == user && slices.Contains(u.Devices, device)
	})
}

// ChannelOf returns the channel for a call that the user starts with the
// device: the one with the id preferred, the personal one, or else the first;
// and false if the device is in none.
func ChannelOf(channels []Channel, user UserID, device DeviceID, preferred string) (best Channel, found bool) {
	rank := 0
	for _, c := range channels {
		if !c.Has(user, device) {
			continue
		}
		r := 1
		switch {
		case c.ID == preferred:
			r = 3
		case c.Personal() == user:
			r = 2
		}
		if r > rank {
			best, rank, found = c, r, true
		}
	}
	return best, found
}

type wireChannel struct {
	ID    anyText `json:"id"`
	Name  anyText `json:"name"`
	Owner anyText `json:"owner"`
	Users objects[struct {
		ID      anyText `json:"id"`
		Devices texts   `json:"deviceIds"`
	}] `json:"users"`
}

func (w wireChannel) channel() Channel {
	c := Channel{ID: string(w.ID), Name: oneLine(string(w.Name), maxName)}
	if owner := UserID(w.Owner); owner.Valid() {
		c.Owner = owner
	}
	for _, u := range w.Users {
		user := ChannelUser{ID: UserID(u.ID)}
		if !user.ID.Valid() {
			continue
		}
		for _, d := range u.Devices {
			if isID(d, 64) {
				user.Devices = append(user.Devices, DeviceID(d))
			}
		}
		c.Users = append(c.Users, user)
	}
	return c
}

// Channels lists the channels of an account on neo. Classic accounts, and
// credentials without the scope channels:read, get an error of Kind Forbidden.
func (c *Client) Channels(ctx context.Context) ([]Channel, error) {
	isChannel := func(w *wireChannel, _ json.RawMessage) bool { return isID(string(w.ID), 64) }
	list, _, err := getList(ctx, c, isChannel, nil, "channels")
	if err != nil {
		return nil, err
	}
	channels, unreadable := readable(list, wireChannel.channel)
	c.report(unreadable, "channels")
	return channels, nil
}
