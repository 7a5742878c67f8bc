package io.pelagos.core.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.pelagos.core.internal.json.Json;
import io.pelagos.core.security.SeccompProfile;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.deser.DeserializationProblemHandler;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;

/** Binds the documents of this package to their records. Nothing is converted silently. */
final class OciJson {
    private static final JsonMapper MAPPER = mapper();

    private OciJson() {}

    static <T> T read(String document, String json, Class<T> type, Consumer<String> unknownField) {
        var tree = Json.parse(document, json);
        var unknown = new Unknown(unknownField);
        var reader =
                MAPPER.readerFor(type).withHandler(unknown).withAttribute(Unknown.class, unknown);
        try {
            if (!tree.isObject()) {
                throw new IllegalArgumentException(
                        document + ": " + Json.show(tree) + ": must be an object");
            }
            return reader.readValue(tree);
        } catch (DatabindException e) {
            throw refusal(document, tree, e);
        }
    }

    static String write(Object document) {
        return MAPPER.writeValueAsString(document);
    }

    private static IllegalArgumentException refusal(
            String document, JsonNode tree, DatabindException e) {
        var path = new StringBuilder();
        JsonNode value = tree;
        for (var step : e.getPath()) {
            var name = step.getPropertyName();
            if (name != null) {
                path.append(path.isEmpty() ? "" : ".").append(name);
                value = value == null ? null : value.get(name);
            } else {
                path.append('[').append(step.getIndex()).append(']');
                value = value == null ? null : value.get(step.getIndex());
            }
        }
        var place = path.isEmpty() ? "" : path + ": ";
        if (e.getCause() instanceof IllegalArgumentException cause) {
            return new IllegalArgumentException(document + ": " + place + cause.getMessage(), e);
        }
        var shown = value == null ? "" : Json.show(value) + ": ";
        return new IllegalArgumentException(document + ": " + place + shown + expected(e), e);
    }

    private static String expected(JacksonException e) {
        Class<?> type = e instanceof MismatchedInputException m ? m.getTargetType() : null;
        if (type == null) {
            return e.getOriginalMessage();
        }
        if (type.isEnum()) {
            return "must be one of " + List.of(type.getEnumConstants());
        }
        return switch (type.getSimpleName()) {
            case "String" -> "must be text";
            case "Boolean" -> "must be true or false";
            case "Long", "BigInteger" -> "must be a whole number";
            case "List", "ArrayList" -> "must be an array";
            default -> "must be an object";
        };
    }

    private static JsonMapper mapper() {
        var builder =
                JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                        .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                        .changeDefaultPropertyInclusion(
                                usual ->
                                        usual.withValueInclusion(JsonInclude.Include.NON_NULL)
                                                .withContentInclusion(JsonInclude.Include.ALWAYS))
                        .withCoercionConfig(
                                LogicalType.Textual,
                                config -> {
                                    for (var shape :
                                            List.of(
                                                    CoercionInputShape.Integer,
                                                    CoercionInputShape.Float,
                                                    CoercionInputShape.Boolean)) {
                                        config.setCoercion(shape, CoercionAction.Fail);
                                    }
                                })
                        .addMixIn(OciProcess.IoPriority.class, IoPriorityNames.class)
                        .addMixIn(OciProcess.CpuAffinity.class, CpuAffinityNames.class)
                        .addMixIn(OciFreeBsd.Jail.class, JailNames.class)
                        .addModule(module());
        for (var container : List.of(List.class, Map.class)) {
            builder.withConfigOverride(
                    container,
                    override ->
                            override.setNullHandling(
                                            JsonSetter.Value.forValueNulls(
                                                    Nulls.AS_EMPTY, Nulls.FAIL))
                                    .setInclude(
                                            JsonInclude.Value.construct(
                                                    JsonInclude.Include.NON_EMPTY,
                                                    JsonInclude.Include.ALWAYS)));
        }
        return builder.build();
    }

    /** Names that are words of Java. */
    private interface IoPriorityNames {
        @JsonProperty("class")
        OciProcess.IoPriorityClass clazz();
    }

    private interface CpuAffinityNames {
        @JsonProperty("final")
        @Nullable String end();
    }

    private interface JailNames {
        @JsonProperty("interface")
        @Nullable String networkInterface();
    }

    private static SimpleModule module() {
        return new SimpleModule("oci")
                .addDeserializer(SeccompProfile.class, new SeccompReader())
                .addSerializer(SeccompProfile.class, new SeccompWriter())
                .addDeserializer(OciSpec.OtherPlatform.class, new OtherReader())
                .addSerializer(OciSpec.OtherPlatform.class, new OtherWriter());
    }

    /** Reports unknown fields and goes on. */
    private static final class Unknown extends DeserializationProblemHandler {
        private final Consumer<String> report;

        Unknown(Consumer<String> report) {
            this.report = report;
        }

        @Override
        public boolean handleUnknownProperty(
                DeserializationContext context,
                JsonParser parser,
                ValueDeserializer<?> deserializer,
                Object beanOrClass,
                String name) {
            report.accept(parser.streamReadContext().pathAsPointer().toString());
            parser.skipChildren();
            return true;
        }
    }

    private static final class SeccompReader extends ValueDeserializer<SeccompProfile> {
        @Override
        public SeccompProfile deserialize(JsonParser parser, DeserializationContext context) {
            var unknown = (Unknown) context.getAttribute(Unknown.class);
            var tree = context.readTree(parser);
            return SeccompProfile.parse(
                    tree.toString(), path -> unknown.report.accept("/linux/seccomp " + path));
        }
    }

    private static final class SeccompWriter extends ValueSerializer<SeccompProfile> {
        @Override
        public void serialize(
                SeccompProfile profile, JsonGenerator generator, SerializationContext context) {
            generator.writeTree(Json.parse("seccomp profile", profile.toJson()));
        }
    }

    private static final class OtherReader extends ValueDeserializer<OciSpec.OtherPlatform> {
        @Override
        public OciSpec.OtherPlatform deserialize(
                JsonParser parser, DeserializationContext context) {
            return new OciSpec.OtherPlatform(context.readTree(parser).toString());
        }
    }

    private static final class OtherWriter extends ValueSerializer<OciSpec.OtherPlatform> {
        @Override
        public void serialize(
                OciSpec.OtherPlatform part, JsonGenerator generator, SerializationContext context) {
            generator.writeTree(Json.parse("part for another platform", part.json()));
        }
    }
}
