package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// LogSettings say what is logged, how and where.
type LogSettings struct {
	Log       string `default:"text" enum:"text,json" help:"Form of the log: text or json."`
	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	LogFile   string `placeholder:"FILE" help:"File to append the log to; it is opened anew at SIGHUP. Default: standard error."`
	AccessLog bool   `default:"true" help:"Log each request. With --access-log=false only what is refused or fails."`
}

var logLevels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// SetLogLevel sets the level of a log, "debug", "info", "warn" or "error", until the
// program ends, and logs that. It reports whether there is such a level.
func SetLogLevel(log *slog.Logger, v *slog.LevelVar, name string) bool {
	level, known := logLevels[name]
	if known {
		v.Set(level)
		logger(log).Log(context.Background(), max(level, slog.LevelInfo), "log level set", "level", level)
	}
	return known
}

// A Log is the log of the program.
type Log struct {
	*slog.Logger
	Level *slog.LevelVar // may be changed while the program runs

	// Requests takes the lines of requests, which may wait a moment until they are
	// written. It is nil if requests are not logged.
	Requests *slog.Logger

	problems *problems
	lines    *lineWriter
	file     *logFile // nil: standard error
}

// Problems returns the warnings and errors since the program started, the last
// one first.
func (l *Log) Problems() []Problem { return l.problems.newest() }

// Open returns the log that the settings describe. What cannot be written to its
// file goes to stderr. With an error, which names the flag, it logs to stderr.
func (s *LogSettings) Open(stderr io.Writer) (*Log, error) {
	l := &Log{Level: new(slog.LevelVar), problems: &problems{byMessage: map[string]*Problem{}}}
	err := l.Level.UnmarshalText([]byte(s.LogLevel))
	if err != nil {
		err = fmt.Errorf("--log-level: %w", err)
	}
	w := stderr
	if s.LogFile != "" {
		f, e := openLog(s.LogFile, stderr)
		if e != nil {
			err = fmt.Errorf("--log-file: %w", e)
		} else {
			l.file, w = f, f
		}
	}
	l.lines = &lineWriter{to: w}
	l.Logger = slog.New(problemHandler{s.handler(l.lines, l.Level), l.problems})
	if s.AccessLog {
		l.Requests = slog.New(s.handler(patientWriter{l.lines}, l.Level))
	}
	if l.file != nil {
		l.file.reopenAtHangup(l.Logger)
	}
	return l, err
}

// handler returns the handler of a log in the form of the settings.
func (s *LogSettings) handler(w io.Writer, level slog.Leveler) slog.Handler {
	if s.Log == "json" {
		return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	}
	return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
}

// Close writes the lines that wait, and closes the log's file, if it has one.
func (l *Log) Close() error {
	err := l.lines.Close()
	if l.file != nil {
		err = errors.Join(err, l.file.Close())
	}
	return err
}

// A logFile is a file that other programs may move away: at SIGHUP it goes on in
// a new one of its name.
type logFile struct {
	name     string
	instead  io.Writer // for what the file does not take
	hangups  chan os.Signal
	finished sync.WaitGroup

	mu   sync.Mutex
	file *os.File
}

func openLog(name string, instead io.Writer) (*logFile, error) {
	file, err := appendTo(name)
	if err != nil {
		return nil, err
	}
	return &logFile{name: name, instead: instead, file: file, hangups: make(chan os.Signal, 1)}, nil
}

func appendTo(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
}

// Write implements io.Writer.
func (f *logFile) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.file.Write(p)
	if err != nil { // a part of the line is better twice than lost
		return f.instead.Write(p)
	}
	return n, nil
}

// reopenAtHangup opens the file anew at each SIGHUP, until Close.
func (f *logFile) reopenAtHangup(log *slog.Logger) {
	signal.Notify(f.hangups, syscall.SIGHUP)
	f.finished.Go(func() {
		for range f.hangups {
			if err := f.reopen(); err != nil {
				log.Error("open log file anew", "err", err)
			} else {
				log.Info("log file opened anew")
			}
		}
	})
}

// reopen goes on in the file that has the name now. With an error it goes on in
// the old one.
func (f *logFile) reopen() error {
	file, err := appendTo(f.name)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.file.Close()
	f.file = file
	return nil
}

// Close implements io.Closer. Later lines go to standard error.
func (f *logFile) Close() error {
	signal.Stop(f.hangups)
	close(f.hangups)
	f.finished.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
