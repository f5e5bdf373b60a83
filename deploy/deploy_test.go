// Package deploy holds what others run the collector with; its tests read these
// files as strictly as those who take them.
package deploy

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// manifests are the objects that the kustomization comes to, decoded strictly: a
// field that the API does not have is an error.
func manifests(t *testing.T) (objects []runtime.Object) {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "kubernetes")
	require.NoError(t, err)
	text, err := resources.AsYaml()
	require.NoError(t, err)
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text))); ; {
		document := make([]byte, 1<<16)
		n, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			return objects
		}
		require.NoError(t, err)
		object, _, err := decoder.Decode(document[:n], nil, nil)
		require.NoError(t, err, string(document[:n]))
		objects = append(objects, object)
	}
}

// find is the only object of its type.
func find[T runtime.Object](t *testing.T, objects []runtime.Object) (found T) {
	t.Helper()
	n := 0
	for _, object := range objects {
		if o, ok := object.(T); ok {
			found = o
			n++
		}
	}
	require.Equal(t, 1, n)
	return found
}

func TestKubernetes_Manifests_AreValid(t *testing.T) {
	t.Parallel()
	objects := manifests(t)
	require.Len(t, objects, 7)
	files, err := filepath.Glob("kubernetes/*.yaml")
	require.NoError(t, err)
	kustomization, err := os.ReadFile("kubernetes/kustomization.yaml")
	require.NoError(t, err)
	for _, file := range files {
		if name := filepath.Base(file); name != "kustomization.yaml" {
			require.Contains(t, string(kustomization), "- "+name)
		}
	}
}

func TestKubernetes_Pod_HasNoUnneededRights(t *testing.T) {
	t.Parallel()
	pod := find[*appsv1.StatefulSet](t, manifests(t)).Spec.Template.Spec
	require.True(t, *pod.SecurityContext.RunAsNonRoot)
	require.False(t, *pod.AutomountServiceAccountToken)
	require.Len(t, pod.Containers, 1)
	security := pod.Containers[0].SecurityContext
	require.True(t, *security.ReadOnlyRootFilesystem)
	require.False(t, *security.AllowPrivilegeEscalation)
	require.Equal(t, []corev1.Capability{"ALL"}, security.Capabilities.Drop)
	for _, probe := range []*corev1.Probe{pod.Containers[0].LivenessProbe, pod.Containers[0].ReadinessProbe} {
		require.NotNil(t, probe.TCPSocket, "an outage of the database restarts nothing")
		require.True(t, slices.ContainsFunc(pod.Containers[0].Ports, func(port corev1.ContainerPort) bool {
			return port.Name == probe.TCPSocket.Port.String()
		}))
	}
}

func TestKubernetes_Pod_RunsTheProductionExample(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("../examples/production.yaml")
	require.NoError(t, err)
	objects := manifests(t)
	require.Equal(t, string(want), find[*corev1.ConfigMap](t, objects).Data["config.yaml"])

	// Every variable of the example is one that the pod sets or has a default.
	set := map[string]bool{}
	for _, v := range find[*appsv1.StatefulSet](t, objects).Spec.Template.Spec.Containers[0].Env {
		set[v.Name] = true
	}
	for _, variable := range regexp.MustCompile(`\$\{env:(\w+)(:-)?`).FindAllStringSubmatch(string(want), -1) {
		require.True(t, set[variable[1]] || variable[2] != "", variable[1])
	}
}

func TestCompose_File_Loads(t *testing.T) {
	t.Parallel()
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: ".", ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml"}},
	})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"collector", "postgres", "grafana"}, project.ServiceNames())
	for _, service := range project.Services {
		if service.Build != nil {
			_, err := os.Stat(filepath.Join(service.Build.Context, service.Build.Dockerfile))
			require.NoError(t, err)
		}
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeBind {
				_, err := os.Stat(volume.Source)
				require.NoError(t, err)
			}
		}
	}
}

func TestDockerfile_CopiesExistingFilesAndDropsRoot(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	_, final, found := strings.Cut(string(text), "FROM scratch\n")
	require.True(t, found)
	require.Regexp(t, `(?m)^USER [1-9]\d*:[1-9]\d*$`, final)
	require.Contains(t, final, "ca-certificates.crt")
	for _, copied := range regexp.MustCompile(`/src/(\S+)`).FindAllStringSubmatch(final, -1) {
		if !strings.HasPrefix(copied[1], "build/") {
			_, err := os.Stat(filepath.Join("..", copied[1]))
			require.NoError(t, err)
		}
	}
}
