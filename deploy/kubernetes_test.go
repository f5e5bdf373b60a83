package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	sigsyaml "sigs.k8s.io/yaml"
)

// manifests are the objects that the kustomization comes to, decoded strictly: a
// field that the API does not have is an error.
func manifests(t *testing.T, directory string) (objects []runtime.Object) {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
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

// one is the only object of its type with the name.
func one[T metav1.Object](t *testing.T, objects []runtime.Object, name string) (found T) {
	t.Helper()
	n := 0
	for _, object := range objects {
		if o, ok := object.(T); ok && o.GetName() == name {
			found = o
			n++
		}
	}
	require.Equal(t, 1, n, name)
	return found
}

const name = "otelcol-canonical"

func TestKubernetes_Manifests_AreValid(t *testing.T) {
	t.Parallel()
	for directory, objects := range map[string]int{"kubernetes": 8, "kubernetes-two-tier": 14} {
		require.Len(t, manifests(t, directory), objects)
		files, err := filepath.Glob(directory + "/*.yaml")
		require.NoError(t, err)
		kustomization, err := os.ReadFile(directory + "/kustomization.yaml")
		require.NoError(t, err)
		for _, file := range files {
			if base := filepath.Base(file); base != "kustomization.yaml" {
				require.Regexp(t, `- `+base+`\n|\[`+base+`\]`, string(kustomization))
			}
		}
	}
	text, err := os.ReadFile("kubernetes/podmonitor.yaml")
	require.NoError(t, err)
	var monitor monitoringv1.PodMonitor
	require.NoError(t, sigsyaml.UnmarshalStrict(text, &monitor))
	pod := one[*appsv1.StatefulSet](t, manifests(t, "kubernetes"), name).Spec.Template
	require.Equal(t, monitor.Spec.Selector.MatchLabels, pod.Labels)
	require.Contains(t, ports(pod.Spec), *monitor.Spec.PodMetricsEndpoints[0].Port)
}

// ports are the names of the ports of a pod.
func ports(pod corev1.PodSpec) (names []string) {
	for _, port := range pod.Containers[0].Ports {
		names = append(names, port.Name)
	}
	return names
}

func TestKubernetes_Pods_HaveNoUnneededRights(t *testing.T) {
	t.Parallel()
	objects := manifests(t, "kubernetes-two-tier")
	for _, set := range []string{name, name + "-front"} {
		pod := one[*appsv1.StatefulSet](t, objects, set).Spec.Template.Spec
		require.True(t, *pod.SecurityContext.RunAsNonRoot)
		require.False(t, *pod.AutomountServiceAccountToken)
		require.Len(t, pod.Containers, 1)
		security := pod.Containers[0].SecurityContext
		require.True(t, *security.ReadOnlyRootFilesystem)
		require.False(t, *security.AllowPrivilegeEscalation)
		require.Equal(t, []corev1.Capability{"ALL"}, security.Capabilities.Drop)
		for _, probe := range []*corev1.Probe{pod.Containers[0].LivenessProbe, pod.Containers[0].ReadinessProbe} {
			require.NotNil(t, probe.TCPSocket, "an outage of the database restarts nothing")
			require.Contains(t, ports(pod), probe.TCPSocket.Port.String())
		}
	}
}

// A pod runs an example as it is, and sets each of its variables that has no default.
func TestKubernetes_Pods_RunTheExamples(t *testing.T) {
	t.Parallel()
	objects := manifests(t, "kubernetes-two-tier")
	for _, tt := range []struct{ set, key, example string }{
		{name, "config.yaml", "production.yaml"},
		{name + "-front", "front-config.yaml", "two-tier/front.yaml"},
	} {
		want, err := os.ReadFile("../examples/" + tt.example)
		require.NoError(t, err)
		pod := one[*appsv1.StatefulSet](t, objects, tt.set).Spec.Template.Spec
		config := one[*corev1.ConfigMap](t, objects, pod.Volumes[0].ConfigMap.Name)
		require.Equal(t, string(want), config.Data[tt.key])
		require.Equal(t, []string{"--config=" + pod.Containers[0].VolumeMounts[0].MountPath + "/" + tt.key}, pod.Containers[0].Args)
		set := map[string]bool{}
		for _, v := range pod.Containers[0].Env {
			set[v.Name] = true
		}
		for _, variable := range regexp.MustCompile(`\$\{env:(\w+)(:-)?`).FindAllStringSubmatch(string(want), -1) {
			require.True(t, set[variable[1]] || variable[2] != "", variable[1])
		}
	}
}

func TestKubernetes_ConfigMap_ChangeRestartsPods(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	require.NoError(t, os.CopyFS(directory, os.DirFS("kubernetes")))
	file := filepath.Join(directory, "config.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, "# changed\n"...), 0o600))
	before := one[*appsv1.StatefulSet](t, manifests(t, "kubernetes"), name).Spec.Template
	after := one[*appsv1.StatefulSet](t, manifests(t, directory), name).Spec.Template
	require.NotEqual(t, before, after)
}

// The front knows its back collectors by the names that their pods keep, as many as there are.
func TestKubernetes_Front_KnowsTheBacksByTheirNames(t *testing.T) {
	t.Parallel()
	objects := manifests(t, "kubernetes-two-tier")
	back := one[*appsv1.StatefulSet](t, objects, name)
	service := one[*corev1.Service](t, objects, back.Spec.ServiceName)
	require.Equal(t, corev1.ClusterIPNone, service.Spec.ClusterIP)
	require.True(t, service.Spec.PublishNotReadyAddresses)
	var known []string
	for _, v := range one[*appsv1.StatefulSet](t, objects, name+"-front").Spec.Template.Spec.Containers[0].Env {
		if strings.HasPrefix(v.Name, "BACK_") {
			known = append(known, v.Value)
		}
	}
	var want []string
	for i := range *back.Spec.Replicas {
		want = append(want, fmt.Sprintf("%s-%d.%s:4317", back.Name, i, service.Name))
	}
	require.Equal(t, want, known)
}

// The label that a namespace needs stands where the operator begins, and no port of the pod is
// closed to all but the health check.
func TestKubernetes_NetworkPolicy_LabelsAreDocumented(t *testing.T) {
	t.Parallel()
	objects := manifests(t, "kubernetes")
	policy := one[*networkingv1.NetworkPolicy](t, objects, name)
	documents := map[string]string{}
	for _, file := range []string{"kubernetes/kustomization.yaml", "../docs/deploying.md"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		documents[file] = string(text)
	}
	var open []string
	for _, rule := range policy.Spec.Ingress {
		for _, port := range rule.Ports {
			open = append(open, port.Port.String())
		}
		for _, from := range rule.From {
			for key, value := range from.NamespaceSelector.MatchLabels {
				for file, text := range documents {
					require.Contains(t, text, key+"="+value, file)
				}
			}
		}
	}
	require.ElementsMatch(t, ports(one[*appsv1.StatefulSet](t, objects, name).Spec.Template.Spec), append(open, "health"))
}
