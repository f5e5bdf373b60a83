package line

import "testing"

func TestAccountIDIsTheUsersIfItIsOne(t *testing.T) {
	t.Parallel()
	const id = "0188114a-4c00-7f00-8000-0123456789ab"
	cases{
		"new":                       {attrs{"user.id": id, "enduser.id": "11111111-1111-1111-1111-111111111111"}, id},
		"old":                       {attrs{"enduser.id": id}, id},
		"no id, then one":           {attrs{"user.id": "42", "enduser.id": id}, id},
		"number":                    {attrs{"user.id": 42}, nil},
		"mail address":              {attrs{"enduser.id": "a@example.com"}, nil},
		"role of a database client": {attrs{"user.name": id}, nil},
		"set by the application":    {attrs{"canonical.account_id": id, "user.id": "11111111-1111-1111-1111-111111111111"}, id},
		"set to no id":              {attrs{"canonical.account_id": "acme", "user.id": id}, id},
	}.run(t, "account_id")
}

func TestAccountEmailIsTheUsersAddress(t *testing.T) {
	t.Parallel()
	cases{
		"new":                    {attrs{"user.email": "a@example.com", "enduser.id": "b@example.com"}, "a@example.com"},
		"in enduser.id":          {attrs{"enduser.id": "b@example.com"}, "b@example.com"},
		"a name with an address": {attrs{"enduser.id": "B <b@example.com>"}, nil},
		"no address":             {attrs{"enduser.id": "b"}, nil},
		"id":                     {attrs{"enduser.id": "0188114a-4c00-7f00-8000-0123456789ab"}, nil},
		"set by the application": {attrs{"canonical.account_email": "c@example.com", "user.email": "a@example.com"}, "c@example.com"},
	}.run(t, "account_email")
}
