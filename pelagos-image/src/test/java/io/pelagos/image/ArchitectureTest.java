package io.pelagos.image;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines between the packages of images. */
class ArchitectureTest {
    /** From top to bottom: a package uses itself and what stands after it. */
    private static final List<String> PACKAGES =
            List.of(
                    "io.pelagos.image",
                    "io.pelagos.image.testing",
                    "io.pelagos.image.internal.pull",
                    "io.pelagos.image.internal.registry",
                    "io.pelagos.image.internal.archive",
                    "io.pelagos.image.internal.store",
                    "io.pelagos.image.internal.layer",
                    "io.pelagos.image.spec");

    private static final JavaClasses MODULE =
            new ClassFileImporter()
                    .importUrl(Images.class.getProtectionDomain().getCodeSource().getLocation());

    @Test
    void everyClassLivesInOneOfTheRoomsOfTheHouse() {
        classes().should().resideInAnyPackage(PACKAGES.toArray(String[]::new)).check(MODULE);
    }

    @Test
    void everyPackageUsesOnlyItselfAndThoseBelow() {
        classes()
                .should(
                        new ArchCondition<JavaClass>("use only packages below their own") {
                            @Override
                            public void check(JavaClass origin, ConditionEvents events) {
                                int own = PACKAGES.indexOf(origin.getPackageName());
                                origin.getDirectDependenciesFromSelf().stream()
                                        .filter(
                                                it ->
                                                        isAbove(
                                                                it.getTargetClass()
                                                                        .getBaseComponentType()
                                                                        .getPackageName(),
                                                                own))
                                        .map(
                                                it ->
                                                        SimpleConditionEvent.violated(
                                                                it, it.getDescription()))
                                        .forEach(events::add);
                            }
                        })
                .check(MODULE);
    }

    private static boolean isAbove(String target, int own) {
        int other = PACKAGES.indexOf(target);
        return other >= 0 && other < own;
    }

    /** What others wrote stays behind one door each. */
    @Test
    void librariesAreUsedInOnePlaceOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.pelagos.image.internal.registry")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("okhttp3..", "okio..", "io.github.resilience4j..")
                .check(MODULE);
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.pelagos.image.internal.layer", "io.pelagos.image.internal.archive")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.github.luben..", "org.apache.commons..", "org.tukaani..")
                .check(MODULE);
    }

    @Test
    void onlyExportedPackagesOfCoreAreUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.pelagos.core.internal..", "java.lang.foreign..")
                .check(MODULE);
    }

    @Test
    void noStateIsStatic() {
        fields().that().areStatic().should().beFinal().check(MODULE);
    }
}
