package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// values returns what stands at a path in documents of YAML, in all elements of
// lists on the way: "spec/containers/name".
func values(node any, path ...string) (all []any) {
	if list, ok := node.([]any); ok {
		for _, element := range list {
			all = append(all, values(element, path...)...)
		}
		return all
	}
	if len(path) == 0 {
		return []any{node}
	}
	if m, ok := node.(map[string]any); ok && m[path[0]] != nil {
		return values(m[path[0]], path[1:]...)
	}
	return nil
}

// readYAML returns the documents of a file in deploy.
func readYAML(t *testing.T, name string) (documents []any) {
	t.Helper()
	root, err := git("", "rev-parse", "--show-toplevel")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	for d := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var document any
		if err := d.Decode(&document); errors.Is(err, io.EOF) {
			return documents
		} else if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, document)
	}
}

// The examples for containers run the image as it is made to run: as its user, on a
// root that it cannot write to, with its volume, asked for its health, with the
// secret where the settings look for it.
func TestContainersOfExamples(t *testing.T) {
	compose, kubernetes, traefik := readYAML(t, "compose/compose.yaml"), readYAML(t, "kubernetes/callboard.yaml"), readYAML(t, "traefik/callboard.yml")
	const secret = "/run/secrets/"
	type example struct {
		name string
		in   []any
		path string
		want any
	}
	for _, c := range []example{
		{"compose", compose, "services/callboard/read_only", true},
		{"compose", compose, "services/callboard/cap_drop", "ALL"},
		{"compose", compose, "services/callboard/volumes", "data:/data"},
		{"compose", compose, "services/callboard/environment/CALLBOARD_CLIENT_SECRET_FILE", secret + "client-secret"},
		{"compose", compose, "services/callboard/secrets", "client-secret"},
		{"compose", compose, "secrets/client-secret/file", "./client-secret"},
		{"compose", compose, "services/callboard/stop_grace_period", "40s"},
		{"Kubernetes", kubernetes, "kind", "PodDisruptionBudget"},
		{"Kubernetes", kubernetes, "spec/strategy/type", "Recreate"},
		{"Kubernetes", kubernetes, "spec/template/spec/securityContext/runAsUser", containerUser},
		{"Kubernetes", kubernetes, "spec/template/spec/securityContext/runAsNonRoot", true},
		{"Kubernetes", kubernetes, "spec/template/spec/containers/securityContext/readOnlyRootFilesystem", true},
		{"Kubernetes", kubernetes, "spec/template/spec/containers/startupProbe/httpGet/path", "/healthz"},
		{"Kubernetes", kubernetes, "spec/template/spec/containers/livenessProbe/httpGet/path", "/healthz"},
		{"Kubernetes", kubernetes, "spec/template/spec/containers/readinessProbe/httpGet/path", "/readyz"},
		{"Kubernetes", kubernetes, "spec/template/spec/containers/volumeMounts/mountPath", "/data"},
		{"Kubernetes", kubernetes, "spec/template/spec/containers/volumeMounts/mountPath", secret + "callboard"},
		{"Kubernetes", kubernetes, "spec/template/spec/containers/env/value", secret + "callboard/client-secret"},
		{"Kubernetes", kubernetes, "spec/template/spec/volumes/secret/secretName", "callboard"},
		{"Kubernetes", kubernetes, "spec/minAvailable", 1},
		{"Traefik", traefik, "http/routers/callboard/service", "callboard"},
		{"Traefik", traefik, "http/services/callboard/loadBalancer/passHostHeader", true},
		{"Traefik", traefik, "http/services/callboard/loadBalancer/servers/url", "http://127.0.0.1:8080"},
	} {
		var found []any
		for _, document := range c.in {
			found = append(found, values(document, strings.Split(c.path, "/")...)...)
		}
		if !slices.Contains(found, c.want) {
			t.Errorf("%s: %s is %v, want %v", c.name, c.path, found, c.want)
		}
	}
	for _, document := range kubernetes {
		for _, key := range []string{"apiVersion", "kind", "metadata"} {
			if len(values(document, key)) != 1 {
				t.Errorf("Kubernetes: an object has no %s", key)
			}
		}
	}
}

// The public workflow makes a release with the script of this directory, from a tag,
// and signs its checksums.
func TestWorkflowReleasesWithTheScript(t *testing.T) {
	workflow := readYAML(t, "../.github/workflows/release.yml")
	if tags := values(workflow, "on", "push", "tags"); !slices.Contains(tags, any("v*")) {
		t.Errorf("it runs for the tags %v", tags)
	}
	commands := ""
	for _, command := range values(workflow, "jobs", "release", "steps", "run") {
		commands += command.(string) + "\n"
	}
	for _, want := range []string{`deploy/release -out "$RUNNER_TEMP/dist" -version "$GITHUB_REF_NAME"`, "cosign sign-blob --yes --bundle SHA256SUMS.sigstore.json SHA256SUMS"} {
		if !strings.Contains(commands, want) {
			t.Errorf("it does not run %s", want)
		}
	}
}
