package main

// The service description (WSDL and XML schema), which nova (through oslo.vmware and suds) reads first from a vCenter.
// It is generated from govmomi's Go types by reflection; vim25.txt has the names that reflection cannot list (see gen_vim25.go).

import (
	_ "embed"
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/vmware/govmomi/vim25/types"
)

//go:generate go run gen_vim25.go

//go:embed vim25.txt
var vim25Text string

type vimMethod struct{ name, returns string }

func vim25Names() (names []string, methods []vimMethod) {
	for line := range strings.Lines(vim25Text) {
		switch word := strings.Fields(line); word[0] {
		case "type":
			names = append(names, word[1])
		case "method":
			methods = append(methods, vimMethod{word[1], word[2]})
		}
	}
	return names, methods
}

// documents are generated once, because the schema has about 4,000 types.
var documents = sync.OnceValue(func() map[string][]byte {
	names, methods := vim25Names()
	return map[string][]byte{
		"/sdk/vimService.wsdl": []byte(serviceDocument),
		"/sdk/vim.wsdl":        writeInterface(methods),
		"/sdk/vim-types.xsd":   writeSchema(names, methods),
	}
})

func serveDocuments(mux *http.ServeMux) {
	for _, path := range []string{"/sdk/vimService.wsdl", "/sdk/vim.wsdl", "/sdk/vim-types.xsd"} {
		mux.HandleFunc(path, func(res http.ResponseWriter, req *http.Request) {
			res.Header().Set("Content-Type", "text/xml")
			_, _ = res.Write(documents()[path])
		})
	}
}

const serviceDocument = xml.Header + `<definitions targetNamespace="urn:vim25Service" xmlns="http://schemas.xmlsoap.org/wsdl/"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:interface="urn:vim25">
<import location="vim.wsdl" namespace="urn:vim25"/>
<service name="VimService"><port binding="interface:VimBinding" name="VimPort"><soap:address location="https://localhost/sdk"/></port></service>
</definitions>
`

func writeInterface(methods []vimMethod) []byte {
	var head, messages, port, binding strings.Builder
	for _, m := range methods {
		if request(m.name) == nil {
			continue
		}
		fmt.Fprintf(&messages, `<message name="%sRequestMsg"><part name="parameters" element="vim25:%s"/></message>`+"\n", m.name, m.name)
		fmt.Fprintf(&messages, `<message name="%sResponseMsg"><part name="parameters" element="vim25:%sResponse"/></message>`+"\n", m.name, m.name)
		fmt.Fprintf(&port, `<operation name="%s"><input message="vim25:%sRequestMsg"/><output message="vim25:%sResponseMsg"/></operation>`+"\n", m.name, m.name, m.name)
		fmt.Fprintf(&binding, `<operation name="%s"><soap:operation soapAction="urn:vim25/8.0.3.0" style="document"/>`+
			`<input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>`+"\n", m.name)
	}
	head.WriteString(xml.Header + `<definitions targetNamespace="urn:vim25" xmlns="http://schemas.xmlsoap.org/wsdl/"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:vim25="urn:vim25" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<types><schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:vim25" elementFormDefault="qualified">
<include schemaLocation="vim-types.xsd"/></schema></types>
`)
	return []byte(head.String() + messages.String() +
		`<portType name="VimPortType">` + "\n" + port.String() + "</portType>\n" +
		`<binding name="VimBinding" type="vim25:VimPortType"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>` + "\n" +
		binding.String() + "</binding>\n</definitions>\n")
}

// request is the type of a method's parameters.
func request(method string) reflect.Type {
	for _, name := range []string{method + "RequestType", strings.TrimSuffix(method, "_Task") + "RequestType", method} {
		if kind, ok := types.TypeFunc()(name); ok && kind.Kind() == reflect.Struct {
			if _, ok := kind.FieldByName("This"); ok {
				return kind
			}
		}
	}
	return nil
}

func writeSchema(names []string, methods []vimMethod) []byte {
	var out strings.Builder
	out.WriteString(xml.Header + `<schema targetNamespace="urn:vim25" xmlns="http://www.w3.org/2001/XMLSchema" xmlns:vim25="urn:vim25"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
<complexType name="ManagedObjectReference"><simpleContent><extension base="xsd:string"><attribute name="type" type="xsd:string"/></extension></simpleContent></complexType>
`)
	for _, name := range names {
		if name == "ManagedObjectReference" {
			continue
		}
		if kind, ok := types.TypeFunc()(name); ok && kind.Name() == name {
			writeType(&out, name, kind)
		}
	}
	for _, m := range methods {
		kind := request(m.name)
		if kind == nil {
			continue
		}
		writeType(&out, m.name+"RequestType", kind)
		fmt.Fprintf(&out, `<element name="%s" type="vim25:%sRequestType"/>`+"\n", m.name, m.name)
		fmt.Fprintf(&out, `<element name="%sResponse"><complexType><sequence>%s</sequence></complexType></element>`+"\n", m.name, returned(m.returns))
	}
	out.WriteString("</schema>\n")
	return []byte(out.String())
}

// returned writes the element of a method's result from the Go type in vim25.txt.
func returned(text string) string {
	if text == "-" {
		return ""
	}
	many, optional := strings.CutPrefix(text, "[]")
	name, pointer := strings.CutPrefix(strings.TrimPrefix(many, "*"), "*")
	xsd, ok := basic[name]
	if !ok {
		xsd = vimName(strings.TrimPrefix(name, "Base"))
	}
	return element("returnval", xsd, optional, optional || pointer || strings.HasPrefix(text, "*"))
}

var basic = map[string]string{
	"string": "xsd:string", "bool": "xsd:boolean", "byte": "xsd:byte", "uint8": "xsd:byte", "int8": "xsd:byte", "int16": "xsd:short", "int32": "xsd:int",
	"int": "xsd:int", "int64": "xsd:long", "float32": "xsd:float", "float64": "xsd:double", "time.Time": "xsd:dateTime", "url.URL": "xsd:anyURI",
	"AnyType": "xsd:anyType", "types.AnyType": "xsd:anyType", "any": "xsd:anyType", "interface {}": "xsd:anyType", "ByteSlice": "xsd:byte",
}

func element(name, kind string, many, optional bool) string {
	text := fmt.Sprintf(`<element name="%s" type="%s"`, name, kind)
	if optional {
		text += ` minOccurs="0"`
	}
	if many {
		text += ` maxOccurs="unbounded"`
	}
	return text + "/>"
}

func writeType(out *strings.Builder, name string, kind reflect.Type) {
	switch kind.Kind() {
	case reflect.String:
		fmt.Fprintf(out, `<simpleType name="%s"><restriction base="xsd:string">`, name)
		if lister := reflect.Zero(kind).MethodByName("Strings"); lister.IsValid() {
			for _, value := range lister.Call(nil)[0].Interface().([]string) {
				fmt.Fprintf(out, `<enumeration value="%s"/>`, value)
			}
		}
		out.WriteString("</restriction></simpleType>\n")
	case reflect.Struct:
		base, elements := fields(kind)
		body := "<sequence>" + elements + "</sequence>"
		if base != "" {
			body = fmt.Sprintf(`<complexContent><extension base="vim25:%s">%s</extension></complexContent>`, base, body)
		}
		fmt.Fprintf(out, `<complexType name="%s">%s</complexType>`+"\n", name, body)
	}
}

// fields writes a struct's elements; its first embedded struct is the type it extends.
func fields(kind reflect.Type) (base, elements string) {
	var out strings.Builder
	for i := range kind.NumField() {
		f := kind.Field(i)
		if f.Anonymous {
			base = f.Type.Name()
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("xml"), ",")
		if name == "" || name == "-" || slices.Contains(strings.Split(options, ","), "attr") || strings.Contains(options, "chardata") {
			continue
		}
		t, many := f.Type, false
		optional := strings.Contains(options, "omitempty")
		if t.Kind() == reflect.Slice {
			t, many = t.Elem(), true
		}
		if t.Kind() == reflect.Pointer {
			t, optional = t.Elem(), true
		}
		out.WriteString(element(name, schemaName(t), many, optional || many))
	}
	return base, out.String()
}

func schemaName(t reflect.Type) string {
	if xsd, ok := basic[t.String()]; ok {
		return xsd
	}
	if xsd, ok := basic[t.Name()]; ok {
		return xsd
	}
	if t.Kind() == reflect.Interface {
		if t.NumMethod() == 0 {
			return "xsd:anyType"
		}
		return vimName(strings.TrimPrefix(t.Name(), "Base"))
	}
	return vimName(t.Name())
}

// vimName returns the name of a type in the schema; a few types that govmomi has in another namespace become anyType.
func vimName(name string) string {
	if kind, ok := types.TypeFunc()(name); !ok || kind.Name() != name {
		return "xsd:anyType"
	}
	return "vim25:" + name
}
