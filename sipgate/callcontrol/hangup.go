package callcontrol

import (
	"context"
	"errors"

	"callboard/sipgate/switchboard"
)

// HangUpSeveral executes a command, which hangs up, on the calls in several rows,
// each like one command of its own whose id, if there is one, ends with the row.
// All are tried; the error joins those of the calls that were not hung up.
func (c *Control) HangUpSeveral(ctx context.Context, a Actor, rows []switchboard.RowID, hangUp switchboard.Command) error {
	var failed error
	for _, row := range rows {
		call, err := c.Call(ctx, a, row)
		if err == nil {
			cmd := hangUp
			if cmd.ID != "" {
				cmd.ID += "-" + string(row)
			}
			err = c.Execute(ctx, a, call, cmd)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
