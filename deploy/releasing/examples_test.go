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

// readExample returns a file in deploy.
func readExample(t *testing.T, name string) []byte {
	t.Helper()
	root, err := git("", "rev-parse", "--show-toplevel")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// readYAML returns the documents of a file in deploy.
func readYAML(t *testing.T, name string) (documents []any) {
	t.Helper()
	for d := yaml.NewDecoder(bytes.NewReader(readExample(t, name))); ; {
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
	checkExamples(t, []example{
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
	})
	checkObjects(t, kubernetes)
}

// Nodes in containers share a database and a key, have an address of their own for each
// other, keep nothing, and get the time that handing teams over may take: twice --drain
// and 20 seconds. Caddy asks all of them whether they are ready.
func TestNodesOfExamples(t *testing.T) {
	compose, kubernetes := readYAML(t, "compose/nodes.yaml"), readYAML(t, "kubernetes/callboard-nodes.yaml")
	const container = "spec/template/spec/containers/"
	all := []example{
		{"compose", compose, "secrets/key/file", "./key"},
		{"compose", compose, "services/caddy/volumes", "./Caddyfile.nodes:/etc/caddy/Caddyfile:ro"},
		{"Kubernetes", kubernetes, "spec/replicas", 3},
		{"Kubernetes", kubernetes, "spec/strategy/rollingUpdate/maxUnavailable", 0},
		{"Kubernetes", kubernetes, "spec/maxUnavailable", 1},
		{"Kubernetes", kubernetes, "spec/template/spec/securityContext/runAsUser", containerUser},
		{"Kubernetes", kubernetes, container + "securityContext/readOnlyRootFilesystem", true},
		{"Kubernetes", kubernetes, container + "livenessProbe/httpGet/path", "/healthz"},
		{"Kubernetes", kubernetes, container + "readinessProbe/httpGet/path", "/readyz"},
		{"Kubernetes", kubernetes, container + "env/valueFrom/fieldRef/fieldPath", "status.podIP"},
		{"Kubernetes", kubernetes, container + "env/value", "$(POD_IP):8081"},
		{"Kubernetes", kubernetes, container + "env/value", "10s"}, // --drain
		{"Kubernetes", kubernetes, "spec/template/spec/terminationGracePeriodSeconds", 2*10 + 20 + 10},
		{"Kubernetes", kubernetes, container + "env/valueFrom/secretKeyRef/key", "key"},
		{"Kubernetes", kubernetes, container + "env/valueFrom/secretKeyRef/key", "database"},
	}
	caddyfile := readExample(t, "compose/Caddyfile.nodes")
	for _, name := range []string{"node1", "node2", "node3"} {
		node := "services/" + name + "/"
		all = append(all, example{"compose", compose, node + "environment/CALLBOARD_NODE_ADDR", name + ":8081"},
			example{"compose", compose, node + "environment/CALLBOARD_KEY_FILE", "/run/secrets/key"}, example{"compose", compose, node + "secrets", "key"},
			example{"compose", compose, node + "env_file", "database.env"}, example{"compose", compose, node + "read_only", true},
			example{"compose", compose, node + "stop_grace_period", "40s"}, // --drain is 5s
			example{"compose", compose, node + "environment/CALLBOARD_PUBLIC_URL", "https://calls.example.com"})
		if !bytes.Contains(caddyfile, []byte(" "+name+":8080")) {
			t.Errorf("Caddy does not know %s", name)
		}
	}
	checkExamples(t, all)
	checkObjects(t, kubernetes)
	if !bytes.Contains(caddyfile, []byte("health_uri /readyz")) {
		t.Error("Caddy does not ask who is ready")
	}
	if found := values(compose[0], "services", "node1", "ports"); found != nil {
		t.Errorf("others reach a node at %v", found)
	}
}

// An example is what has to be at a path of some documents.
type example struct {
	name string
	in   []any
	path string
	want any
}

func checkExamples(t *testing.T, all []example) {
	t.Helper()
	for _, c := range all {
		var found []any
		for _, document := range c.in {
			found = append(found, values(document, strings.Split(c.path, "/")...)...)
		}
		if !slices.Contains(found, c.want) {
			t.Errorf("%s: %s is %v, want %v", c.name, c.path, found, c.want)
		}
	}
}

// checkObjects reports objects of Kubernetes that lack what all have.
func checkObjects(t *testing.T, kubernetes []any) {
	t.Helper()
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
