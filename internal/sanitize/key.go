package sanitize

import (
	"strings"
	"unicode/utf8"
)

// recognizable redacts what shows by its form that it is a secret: JSON web tokens and keys
// that begin with the sign of who issued them.
func recognizable(text string) string { return issuedKeys(tokens(text)) }

// form is the form of an issued key: a prefix, and at least so many letters, digits and
// other characters after it.
type form struct {
	prefix   string
	shortest int
	others   string
}

// forms holds the forms of keys by their first byte, as those who issue them and
// https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml describe them.
var forms = formsByFirstByte(
	form{"AKIA", 16, ""}, form{"ASIA", 16, ""}, // AWS
	form{"ghp_", 36, ""}, form{"gho_", 36, ""}, form{"ghu_", 36, ""}, form{"ghs_", 36, ""}, form{"ghr_", 36, ""}, form{"github_pat_", 22, "_"},
	form{"glpat-", 20, "-_."},                                                                                                         // GitLab
	form{"sk_live_", 10, ""}, form{"sk_test_", 10, ""}, form{"rk_live_", 10, ""}, form{"rk_test_", 10, ""}, form{"whsec_", 24, "+/="}, // Stripe
	form{"xoxb-", 10, "-"}, form{"xoxp-", 10, "-"}, form{"xoxa-", 10, "-"}, form{"xoxr-", 10, "-"}, form{"xoxs-", 10, "-"},
	form{"xoxe-", 10, "-"}, form{"xoxe.xoxb-", 10, "-"}, form{"xoxe.xoxp-", 10, "-"}, form{"xapp-", 10, "-"}, // Slack
	form{"AIza", 35, "-_"}, form{"ya29.", 20, "-_"}, // Google
	form{"sk-ant-", 20, "-_"}, form{"sk-proj-", 20, "-_"}, form{"sk-", 32, ""}, form{"hf_", 30, ""}, // Anthropic, OpenAI, Hugging Face
	form{"npm_", 36, ""}, form{"pypi-", 50, "-_"}, form{"dckr_pat_", 20, "-_"}, // registries
	form{"SG.", 40, ".-_"}, form{"dop_v1_", 64, ""}, form{"shpat_", 32, ""}, // SendGrid, DigitalOcean, Shopify
	form{"glsa_", 32, "_"}, form{"hvs.", 24, "-_"}, form{"dapi", 32, ""}, // Grafana, Vault, Databricks
	form{"lin_api_", 40, ""}, form{"sq0atp-", 22, "-_"}, form{"sq0csp-", 43, "-_"}, // Linear, Square
)

func formsByFirstByte(all ...form) (by [utf8.RuneSelf][]form) {
	for _, f := range all {
		by[f.prefix[0]] = append(by[f.prefix[0]], f)
	}
	return by
}

// issuedKeys redacts keys that begin with the sign of who issued them.
func issuedKeys(text string) string {
	e := edit{text: text}
	for i := 0; i < len(text); i++ {
		if length := issuedAt(text, i); length > 0 {
			e.replace(i, i+length, Redacted)
			i += length - 1
		}
	}
	return e.finish()
}

// issuedAt returns the length of the issued key that begins at i, 0 if none does.
func issuedAt(text string, i int) int {
	c := text[i]
	if c >= utf8.RuneSelf || forms[c] == nil || i > 0 && isAlphanumeric(text[i-1]) {
		return 0
	}
	for _, f := range forms[c] {
		if !strings.HasPrefix(text[i:], f.prefix) {
			continue
		}
		end := i + len(f.prefix)
		for end < len(text) && (isAlphanumeric(text[end]) || strings.IndexByte(f.others, text[end]) >= 0) {
			end++
		}
		if end-i-len(f.prefix) >= f.shortest {
			return end - i
		}
	}
	return 0
}

func isAlphanumeric(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }
