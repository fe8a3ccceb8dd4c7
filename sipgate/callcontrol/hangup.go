package callcontrol

import (
	"context"
	"errors"

	"callboard/sipgate/switchboard"
)

// HangUpSeveral hangs up the calls in several rows, each like one command of
// its own whose action id, if there is one, ends with the row. All are tried;
// the error joins those of the calls that were not hung up.
func (c *Control) HangUpSeveral(ctx context.Context, a Actor, actionID string, rows []switchboard.RowID, up switchboard.HangUp) error {
	var failed error
	for _, row := range rows {
		call, err := c.Call(ctx, a, row)
		if err == nil {
			cmd := switchboard.Command{Action: up}
			if actionID != "" {
				cmd.ID = actionID + "-" + string(row)
			}
			err = c.Execute(ctx, a, call, cmd)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
