package line

import "testing"

func TestColumns_OfAnRPC(t *testing.T) {
	t.Parallel()
	grpc := func(more attrs) attrs {
		all := attrs{"rpc.system": "grpc", "rpc.service": "shop.v1.Orders", "rpc.method": "Place"}
		for key, v := range more {
			all[key] = v
		}
		return all
	}
	cases{
		"service and method":       {grpc(nil), "/shop.v1.Orders/Place"},
		"full method":              {attrs{"rpc.system.name": "grpc", "rpc.method": "shop.v1.Orders/Place"}, "/shop.v1.Orders/Place"},
		"full method with a slash": {attrs{"rpc.system.name": "grpc", "rpc.method": "/shop.v1.Orders/Place"}, "/shop.v1.Orders/Place"},
		"full path in the service": {grpc(attrs{"rpc.service": "/shop.v1.Orders/Place"}), "/shop.v1.Orders/Place"},
		"URI as the service":       {grpc(attrs{"rpc.service": "http://shop.test/Orders"}), "/Orders/Place"},
		"URI and a path":           {grpc(attrs{"rpc.service": "http://shop.test/Orders/", "rpc.method": "/Place"}), "/Orders/Place"},
		"URIs of both":             {grpc(attrs{"rpc.service": "http://shop.test/Orders", "rpc.method": "http://shop.test/Orders/Place"}), "/Orders/Place"},
		"slash in the service":     {grpc(attrs{"rpc.service": "shop/Orders"}), "/shop/Orders/Place"},
		"beside HTTP":              {grpc(attrs{"url.path": "/elsewhere", "http.route": "/other"}), "/shop.v1.Orders/Place"},
		"unknown method":           {attrs{"rpc.system.name": "grpc", "rpc.method": "_OTHER", "rpc.method_original": "a.B/C"}, "/a.B/C"},
		"method alone":             {attrs{"rpc.system": "jsonrpc", "rpc.method": "place"}, "/place"},
	}.run(t, "http_path")
	cases{
		"service and method": {grpc(nil), "/shop.v1.Orders/Place"},
		"a 404":              {grpc(attrs{"rpc.grpc.status_code": 5}), "/shop.v1.Orders/Place"},
		"unknown method":     {attrs{"rpc.system.name": "grpc", "rpc.method": "_OTHER", "rpc.method_original": "a.B/C"}, nil},
	}.run(t, "http_route")
	cases{
		"":            {grpc(nil), "POST"},
		"beside HTTP": {grpc(attrs{"http.request.method": "GET"}), "POST"},
	}.run(t, "http_method")
	cases{
		"number":            {grpc(attrs{"rpc.grpc.status_code": 7}), int32(403)},
		"digits":            {grpc(attrs{"rpc.grpc.status_code": "16"}), int32(401)},
		"name":              {grpc(attrs{"rpc.response.status_code": "RESOURCE_EXHAUSTED"}), int32(429)},
		"older name":        {grpc(attrs{"rpc.status_code": "UNAVAILABLE"}), int32(503)},
		"as Go spells it":   {grpc(attrs{"rpc.response.status_code": "CANCELED"}), int32(499)},
		"as Java spells it": {grpc(attrs{"rpc.response.status_code": "CANCELLED"}), int32(499)},
		"in one word":       {grpc(attrs{"rpc.grpc.status_code": "NotFound"}), int32(404)},
		"gRPC-Web":          {grpc(attrs{"rpc.grpc_web.status_code": 5}), int32(404)},
		"Twirp":             {attrs{"rpc.system": "twirp", "rpc.method": "a.B/C", "rpc.response.status_code": "bad_route"}, int32(404)},
		"Connect":           {grpc(attrs{"rpc.connect_rpc.error_code": "not_found"}), int32(404)},
		"before HTTP":       {grpc(attrs{"rpc.grpc.status_code": 5, "http.response.status_code": 200}), int32(404)},
		"only HTTP":         {grpc(attrs{"http.response.status_code": 200}), int32(200)},
		"unknown number":    {grpc(attrs{"rpc.grpc.status_code": 99}), int32(0)},
		"no code":           {grpc(nil), int32(200)},
		"no code, an error": {grpc(attrs{"error.type": "java.io.IOException"}), int32(500)},
		"error.type":        {grpc(attrs{"error.type": "not_found"}), int32(404)},
		"JSON-RPC":          {attrs{"rpc.system": "jsonrpc", "rpc.jsonrpc.error_code": -32601}, int32(404)},
		"JSON-RPC, digits":  {attrs{"rpc.system.name": "jsonrpc", "rpc.response.status_code": "-32602"}, int32(400)},
		"JSON-RPC, its own": {attrs{"rpc.system.name": "jsonrpc", "rpc.response.status_code": "-32001"}, int32(500)},
	}.run(t, "status")
	cases{
		"the code":             {grpc(attrs{"rpc.grpc.status_code": 5}), "NOT_FOUND"},
		"error.type first":     {grpc(attrs{"rpc.grpc.status_code": 5, "error.type": "missing"}), "missing"},
		"none of a success":    {grpc(attrs{"rpc.grpc.status_code": 0}), nil},
		"database's of a HTTP": {attrs{"http.response.status_code": 500, "db.response.status_code": "42P01"}, "42P01"},
	}.run(t, "api_error_code")
	cases{
		"metadata":     {grpc(attrs{"rpc.request.metadata.x-request-id": []any{"4f6b9d1e-1111-4222-8333-444455556666"}}), "4f6b9d1e-1111-4222-8333-444455556666"},
		"Connect's":    {grpc(attrs{"rpc.connect_rpc.request.metadata.x_request_id": []any{"4f6b9d1e-1111-4222-8333-444455556666"}}), "4f6b9d1e-1111-4222-8333-444455556666"},
		"old metadata": {grpc(attrs{"rpc.grpc.request.metadata.x_request_id": []any{"4f6b9d1e-1111-4222-8333-444455556666"}}), "4f6b9d1e-1111-4222-8333-444455556666"},
	}.run(t, "request_id")
	cases{
		"metadata": {grpc(attrs{"rpc.request.metadata.authorization": []any{"Bearer s3cr3t"}}), "bearer"},
	}.run(t, "auth_type")
	cases{"": {grpc(attrs{"rpc.user_agent": "dubbo/3"}), "dubbo/3"}}.run(t, "user_agent")
}
