module vigil.local/tools/crds

go 1.26.0

// Nothing here is compiled: build.sh takes the definitions that names.txt names out of these modules' files.
require (
	istio.io/api v1.31.4
	sigs.k8s.io/gateway-api v1.6.3
)
