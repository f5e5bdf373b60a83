package deploy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// service is the kustomization of a service that takes the component.
var service = map[string]string{
	"kustomization.yaml": `
resources: [deployment.yaml]
components: [../kubernetes-sidecar]
`,
	"deployment.yaml": `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, labels: {canonical-lines: sidecar}}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: shop, image: shop}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other}
spec:
  selector: {matchLabels: {app: other}}
  template:
    metadata: {labels: {app: other}}
    spec:
      containers: [{name: other, image: other}]
`,
}

func TestKubernetes_Sidecar_GoesToLabelledDeployments(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(directory, "kubernetes-sidecar"), os.DirFS("kubernetes-sidecar")))
	require.NoError(t, os.Mkdir(filepath.Join(directory, "service"), 0o700))
	for file, text := range service {
		require.NoError(t, os.WriteFile(filepath.Join(directory, "service", file), []byte(text), 0o600))
	}
	objects := manifests(t, filepath.Join(directory, "service"))
	require.Empty(t, one[*appsv1.Deployment](t, objects, "other").Spec.Template.Spec.InitContainers)
	pod := one[*appsv1.Deployment](t, objects, "shop").Spec.Template.Spec
	require.Equal(t, "shop", pod.Containers[0].Name)
	require.Len(t, pod.InitContainers, 1)
	collector := pod.InitContainers[0]
	require.Equal(t, corev1.ContainerRestartPolicyAlways, *collector.RestartPolicy)
	require.True(t, *collector.SecurityContext.ReadOnlyRootFilesystem)
	require.Equal(t, []string{"--config=" + collector.VolumeMounts[0].MountPath + "/config.yaml"}, collector.Args)
	config := one[*corev1.ConfigMap](t, objects, pod.Volumes[0].ConfigMap.Name)
	want, err := os.ReadFile("../examples/production.yaml")
	require.NoError(t, err)
	require.Equal(t, string(want), config.Data["config.yaml"])
	for _, mount := range collector.VolumeMounts {
		require.Contains(t, volumes(pod), mount.Name)
	}
}

func volumes(pod corev1.PodSpec) (names []string) {
	for _, volume := range pod.Volumes {
		names = append(names, volume.Name)
	}
	return names
}
